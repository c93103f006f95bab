import type { AwsRequest, AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import type { AwsCall } from '../../infra/local/kernel/aws-endpoint.ts';

/** Sends another request instead. */
export type Ask = (request: AwsRequest) => Promise<AwsResponse>;

/** A guard of the protocol, and the calls as they would be if the shipped code lacked it. */
export interface Guard {
  readonly name: string;
  /** A scenario in which its lack shows: always, or when an answer is lost. */
  readonly scenario: string;
  /** An action whose lost answer shows it; those of other actions are tried afterwards. */
  readonly shownBy?: string;
  /** The call without the guard; undefined for calls that it does not concern. */
  readonly without: (call: AwsCall, ask: Ask) => Promise<AwsResponse> | undefined;
}

export const GUARDS: readonly Guard[] = [
  {
    name: 'a commit needs an open refresh',
    scenario: 'change while closing',
    without: (call, ask) => (isCommit(call) ? ask(unconditional(call.request)) : undefined),
  },
  {
    name: 'a change whose commit failed is committed to the next refresh',
    scenario: 'change while closing',
    without: (call, ask) => (isCommit(call) ? ask(call.request).then(committed) : undefined),
  },
  {
    name: 'a mail that is sent is not sent again',
    scenario: 'lone upload',
    // Asked again, the report is sent twice.
    shownBy: 'SendMessage',
    without: (call, ask) =>
      call.action === 'PutItem' && call.request.caller.includes('MailSend')
        ? ask(unconditional(call.request))
        : undefined,
  },
  {
    name: 'the caller reference is of the refresh and its plan',
    scenario: 'lone upload',
    shownBy: 'CreateInvalidation',
    without: (call, ask) =>
      call.action === 'CreateInvalidation' ? ask(withFreshReference(call.request)) : undefined,
  },
];

export function guardNamed(name: string): Guard {
  const guard = GUARDS.find(each => each.name === name);
  if (guard === undefined) throw new Error(`There is no guard ${name}`);
  return guard;
}

interface Write {
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>>;
}

const writeOf = ({ body }: AwsRequest) => JSON.parse(body.toString()) as Write;
const isUpdate = ({ action, request }: AwsCall, expression: string) =>
  action === 'UpdateItem' && writeOf(request).UpdateExpression === expression;
const isCommit = (call: AwsCall) => isUpdate(call, 'ADD generation :one');
/** The same write whatever is there. DynamoDB refuses names and values that no expression uses. */
function unconditional(request: AwsRequest): AwsRequest {
  const { ConditionExpression: _, ...write } = writeOf(request);
  const { UpdateExpression = '' } = write;
  const used = <T>(entries: Readonly<Record<string, T>> = {}) => {
    const left = Object.entries(entries).filter(([name]) => new RegExp(`${name}\\b`).test(UpdateExpression));
    return left.length === 0 ? undefined : Object.fromEntries(left);
  };
  const ExpressionAttributeNames = used(write.ExpressionAttributeNames);
  const ExpressionAttributeValues = used(write.ExpressionAttributeValues);
  const body = JSON.stringify({ ...write, ExpressionAttributeNames, ExpressionAttributeValues });
  return { ...request, body: Buffer.from(body) };
}

/** A failed condition, heard as a success. */
function committed(answer: AwsResponse): AwsResponse {
  if (answer.status !== 400) return answer;
  return {
    status: 200,
    headers: { 'content-type': 'application/x-amz-json-1.0' },
    body: '{"Attributes":{}}',
  };
}

function withFreshReference(request: AwsRequest): AwsRequest {
  const text = request.body.toString();
  const body = text.replace('</CallerReference>', `-${Math.random()}</CallerReference>`);
  return { ...request, body: Buffer.from(body) };
}
