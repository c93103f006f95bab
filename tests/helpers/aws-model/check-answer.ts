import type { AwsRequest, AwsResponse } from '../../../infra/local/kernel/aws-api.ts';
import { checkError, isError } from './check-error.ts';
import { checkHeaders } from './check-headers.ts';
import type { Report } from './check-value.ts';
import { readDocument } from './documents.ts';
import { loadModel, type Operation } from './models.ts';
import { findOperation } from './operation-of.ts';
import { type Spoken, spokenIn } from './protocols.ts';
import type { Member } from './shapes.ts';

/** An answer of the local cloud, and what it answers. */
export interface Answer {
  readonly request: AwsRequest;
  readonly response: AwsResponse;
}

/**
 * Holds an answer to AWS's own model, as the SDK's client of the service carries it.
 *
 * @returns every way in which it differs; none for a service that has no model here
 */
export async function violationsIn({ request, response }: Answer): Promise<string[]> {
  const spoken = spokenIn(request);
  if (spoken === undefined) return [];
  const model = await loadModel(spoken.client);
  const operation = findOperation(model, request);
  const found: string[] = [];
  const where = `${spoken.client.replace('client-', '')} ${operation?.name ?? `${request.method} ${request.url}`}`;
  const report: Report = (path, problem) => {
    found.push(`${where}, status ${response.status}: ${path} ${problem}`);
  };
  const answered = { request, response, spoken, report };
  if (isError(spoken, response)) checkError({ ...answered, model, operation });
  else if (operation === undefined) report('An operation', 'that AWS does not have succeeds');
  else checkSuccess(answered, operation);
  return found;
}

/** What the checks of one answer work with. */
interface Answered extends Answer {
  readonly spoken: Spoken;
  readonly report: Report;
}

function checkSuccess(answered: Answered, operation: Operation): void {
  const { request, response, report } = answered;
  const members = operation.output.members();
  checkStatus(answered, operation, members);
  checkHeaders(response, members, report);
  if (request.method === 'HEAD') return;
  const payload = members.find(({ traits }) => traits.httpPayload !== undefined);
  if (payload === undefined) checkBody(answered, operation, members.filter(isInBody));
  else checkPayload(answered, payload);
}

/** Part of an object is partial content. Some operations have their status as a member. */
function checkStatus(
  { request, response, report }: Answered,
  { http }: Operation,
  members: readonly Member[],
): void {
  const expected = http?.status ?? 200;
  const isFree = members.some(({ traits }) => traits.httpResponseCode !== undefined);
  const isPart = response.status === 206 && request.headers.range !== undefined;
  if (response.status !== expected && !isFree && !isPart) report('The status', `is not ${expected}`);
}

function isInBody({ traits }: Member): boolean {
  const { httpHeader, httpPrefixHeaders, httpResponseCode } = traits;
  return httpHeader === undefined && httpPrefixHeaders === undefined && httpResponseCode === undefined;
}

/** A body that is one member: bytes, which may be anything, or a document of its own. */
function checkPayload({ response, spoken, report }: Answered, { name, shape, traits, isRequired }: Member) {
  if (shape.kind !== 'structure') return;
  if (isEmpty(response)) {
    if (isRequired) report(name, 'is missing, and required');
    return;
  }
  const document = readDocument(response, spoken, traits.xmlName ?? shape.root, report);
  document?.check.structure(document.value, shape, '');
}

function checkBody(
  { response, spoken, report }: Answered,
  { name, output }: Operation,
  members: readonly Member[],
): void {
  const isQuery = spoken.protocol === 'query';
  if (isEmpty(response)) {
    for (const member of members) if (member.isRequired) report(member.name, 'is missing, and required');
    return;
  }
  if (spoken.protocol === 'rest-xml' && members.length === 0) {
    report('The body', 'should be empty');
    return;
  }
  const document = readDocument(response, spoken, isQuery ? `${name}Response` : output.root, report);
  if (document === undefined) return;
  const { format, value, check } = document;
  const result = isQuery ? format.structure(value)?.get(`${name}Result`) : value;
  if (result !== undefined || members.length > 0) check.structure(result, output, '', members);
}

const isEmpty = ({ body }: AwsResponse) => body === undefined || body.length === 0;
