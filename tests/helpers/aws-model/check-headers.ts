import type { AwsResponse } from '../../../infra/local/kernel/aws-api.ts';
import { AS_UPLOADED } from './beside-the-model.ts';
import type { Report } from './check-value.ts';
import { isTextOf } from './formats.ts';
import type { Member } from './shapes.ts';

/** Headers of AWS's own that any answer may have. */
const OF_EVERY_ANSWER: ReadonlySet<string> = new Set([
  'x-amz-request-id',
  'x-amz-id-2',
  // DynamoDB's.
  'x-amz-crc32',
  'x-amzn-requestid',
  'x-amzn-trace-id',
]);

/** Holds an answer's headers to the members that the model binds to them. */
export function checkHeaders(
  { headers = {} }: AwsResponse,
  members: readonly Member[],
  report: Report,
): void {
  const prefixes = members.flatMap(({ traits }) => traits.httpPrefixHeaders?.toLowerCase() ?? []);
  const bound = new Map(
    members.flatMap(member => {
      const { httpHeader } = member.traits;
      return httpHeader === undefined ? [] : [[httpHeader.toLowerCase(), member] as const];
    }),
  );
  for (const name of Object.keys(headers).map(each => each.toLowerCase())) {
    const isKnown = bound.has(name) || OF_EVERY_ANSWER.has(name);
    if (!name.startsWith('x-amz') || isKnown || prefixes.some(prefix => name.startsWith(prefix))) continue;
    report(`The header ${name}`, 'is not bound to a member');
  }
  for (const [name, member] of bound) checkHeader(name, headers[name], member, report);
}

function checkHeader(
  name: string,
  value: string | readonly string[] | undefined,
  { shape, isRequired }: Member,
  report: Report,
): void {
  const path = `The header ${name}`;
  if (value === undefined) {
    if (isRequired) report(path, 'is missing, and required');
    return;
  }
  if (shape.kind === 'structure' || shape.kind === 'list' || shape.kind === 'map') return;
  const text = String(value);
  if (!isTextOf(text, shape, 'http-date') && !AS_UPLOADED.has(name))
    report(path, `is not a ${shape.kind} but ${text}`);
  if (shape.values !== undefined && !shape.values.has(text))
    report(path, `is ${text}, not one of ${[...shape.values].join(', ')}`);
}
