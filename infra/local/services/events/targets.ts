import { z } from 'zod';
import type { AwsRequest } from '../../kernel/aws-api.ts';
import { sendMessage } from '../sqs/send-message.ts';

/** Where a rule sends its events. */
export const Target = z.strictObject({
  Id: z.string(),
  Arn: z.string(),
  InputTransformer: z
    .strictObject({ InputPathsMap: z.record(z.string(), z.string()), InputTemplate: z.string() })
    .optional(),
  DeadLetterConfig: z.strictObject({ Arn: z.string() }).optional(),
});
export type Target = z.infer<typeof Target>;

const Fields = z.record(z.string(), z.unknown());

/**
 * The call that hands an event to a target: to Lambda, which runs a function later, or to SQS.
 *
 * @param ruleArn in whose name EventBridge calls
 * @throws Error for a target that is not emulated
 */
export function callTo({ Arn, InputTransformer }: Target, ruleArn: string): (event: object) => AwsRequest {
  const inputOf = InputTransformer === undefined ? JSON.stringify : transform(InputTransformer);
  if (Arn.startsWith('arn:aws:lambda:')) return event => invocation(ruleArn, Arn, inputOf(event));
  if (Arn.startsWith('arn:aws:sqs:')) return event => sendMessage(Arn, inputOf(event), ruleArn);
  throw new Error(`${Arn}: targets other than functions and queues are not emulated`);
}

/**
 * The call that puts an event into a target's dead-letter queue, as it came; undefined if it has
 * none.
 */
export function deadLetterTo(
  { DeadLetterConfig }: Target,
  ruleArn: string,
): ((event: object) => AwsRequest) | undefined {
  if (DeadLetterConfig === undefined) return undefined;
  return event => sendMessage(DeadLetterConfig.Arn, JSON.stringify(event), ruleArn);
}

/** An asynchronous invocation: answered 202 before the function runs. */
export function invocation(caller: string, functionArn: string, payload: string): AwsRequest {
  return {
    service: 'lambda',
    caller,
    method: 'POST',
    url: `/2015-03-31/functions/${encodeURIComponent(functionArn)}/invocations`,
    headers: { 'x-amz-invocation-type': 'Event' },
    body: Buffer.from(payload),
  };
}

/**
 * Puts fields of the event into the template. A string gets its quotes, so variables inside a
 * string of the template are not emulated.
 *
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
function transform({ InputPathsMap, InputTemplate }: NonNullable<Target['InputTransformer']>) {
  return (event: object): string =>
    InputTemplate.replaceAll(/<([\w-]+)>/g, (_, name: string) =>
      JSON.stringify(valueAt(event, InputPathsMap[name] ?? '') ?? ''),
    );
}

/** @param path `$.detail.name` */
function valueAt(event: unknown, path: string): unknown {
  const names = path.split('.').slice(1);
  return names.reduce((value, name) => Fields.safeParse(value).data?.[name], event);
}
