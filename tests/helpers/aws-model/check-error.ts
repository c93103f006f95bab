import type { AwsRequest, AwsResponse } from '../../../infra/local/kernel/aws-api.ts';
import { statusOfUnlisted } from './beside-the-model.ts';
import type { Report } from './check-value.ts';
import { type Document, readDocument } from './documents.ts';
import type { ErrorShape, Model, Operation } from './models.ts';
import type { Spoken } from './protocols.ts';

interface Refusal {
  readonly request: AwsRequest;
  readonly response: AwsResponse;
  readonly spoken: Spoken;
  readonly model: Model;
  /** Undefined for one that AWS does not have. */
  readonly operation: Operation | undefined;
  readonly report: Report;
}

const NOT_MODIFIED = 304;

/** S3 may find out what is wrong when it has begun to answer with 200. */
export function isError({ client }: Spoken, { status, body }: AwsResponse): boolean {
  return (
    status >= 300 ||
    (client === 'client-s3' && /^(?:<\?xml[^>]*>\s*)?<Error>/.test(String(body?.slice(0, 200) ?? '')))
  );
}

/** Holds an error to the shape of its name, or to what AWS documents beside its model. */
export function checkError(refusal: Refusal): void {
  const { request, response } = refusal;
  // Their status is all that they say.
  if (request.method === 'HEAD' || response.status === NOT_MODIFIED) return;
  const written = isXml(refusal.spoken) ? readXmlError(refusal) : readJsonError(refusal);
  if (written === undefined) return;
  const listed = listedError(refusal, written.code);
  if (listed === undefined) checkUnlisted(refusal, written);
  else checkListed(refusal, written, listed);
}

function checkUnlisted(
  { response, spoken, operation, report }: Refusal,
  { code, details }: WrittenError,
): void {
  const status = statusOfUnlisted(spoken, code);
  if (status === undefined)
    report(`The error ${code || 'without a code'}`, `is not one of ${operation?.name ?? 'the service'}`);
  else if (status !== response.status && response.status !== 200)
    report(`The error ${code}`, `does not have the status ${status}`);
  for (const name of details.keys())
    if (!/^message$/i.test(name)) report(`${code}.${name}`, 'is not a member of the error');
}

const isXml = ({ protocol }: Spoken) => protocol === 'query' || protocol === 'rest-xml';

interface WrittenError {
  readonly code: string;
  /** By name, without what every error of the protocol has. */
  readonly details: ReadonlyMap<string, unknown>;
  readonly document: Document;
}

function readJsonError({ response, spoken, report }: Refusal): WrittenError | undefined {
  const document = readDocument(response, spoken, '', report);
  if (document === undefined) return undefined;
  const fields = document.format.structure(document.value) ?? new Map<string, unknown>();
  const named = response.headers?.['x-amzn-errortype'] ?? fields.get('__type') ?? fields.get('code') ?? '';
  // `com.amazonaws.sqs#QueueDoesNotExist:http://internal.amazon.com/…`
  const code = String(named).replace(/^.*#/, '').replace(/:.*$/, '');
  const details = new Map([...fields].filter(([name]) => name !== '__type' && name !== 'code'));
  return { code, details, document };
}

/** Details of S3's errors, such as `Key` and `BucketName`, are in no model. */
function readXmlError({ response, spoken, report }: Refusal): WrittenError | undefined {
  const isS3 = spoken.client === 'client-s3';
  const root = isS3 ? 'Error' : 'ErrorResponse';
  const document = readDocument(response, { ...spoken, ...namespaceOfError(spoken, response) }, root, report);
  if (document === undefined) return undefined;
  const { format, value } = document;
  const inner = isS3 ? value : format.structure(value)?.get('Error');
  const fields = format.structure(inner) ?? new Map<string, unknown>();
  const code = fields.has('Code') ? format.text(fields.get('Code')) : '';
  const details = [...fields].filter(([name]) => !isS3 && !['Type', 'Code', 'Message'].includes(name));
  return { code, details: new Map(details), document };
}

/** S3's errors have none, and failures of any service may come from the endpoint before it. */
function namespaceOfError({ client }: Spoken, { status }: AwsResponse): Pick<Spoken, 'namespace'> {
  if (client === 'client-s3') return { namespace: '' };
  return status >= 500 ? { namespace: undefined } : {};
}

/** The error of the model, if the operation lists it. */
function listedError({ model, operation, spoken }: Refusal, code: string): ErrorShape | undefined {
  if (operation === undefined) return undefined;
  const listed = model.errorsOf(operation.name);
  const isQuery = spoken.protocol === 'query';
  return model.errors.find(
    ({ shape, query }) => code === (isQuery ? query.code : shape.name) && listed.has(shape.name),
  );
}

function checkListed(
  { request, response, spoken, report }: Refusal,
  { code, details, document }: WrittenError,
  error: ErrorShape,
): void {
  const status = spoken.protocol === 'query' ? error.query.status : error.status;
  if (response.status !== status) report(`The error ${code}`, `does not have the status ${status}`);
  const members = error.shape.members();
  const isApart = (name: string) => isXml(spoken) && /^message$/i.test(name);
  if (spoken.client !== 'client-s3')
    document.check.structure(
      Object.fromEntries(details),
      error.shape,
      code,
      members.filter(({ name }) => !isApart(name)),
    );
  if (request.headers['x-amzn-query-mode'] !== 'true') return;
  // What SDKs read that know the names of the Query protocol only.
  const query = `${error.query.code};${status < 500 ? 'Sender' : 'Receiver'}`;
  const header = String(response.headers?.['x-amzn-query-error'] ?? 'missing');
  if (header !== query) report('The header x-amzn-query-error', `is ${header}, not ${query}`);
}
