import { jsonRequest } from '../../infra/local/kernel/aws-api.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';

/** The calls of the tests themselves pass at once, whatever waits. */
export const TESTER = 'chaos-test';
export const POINTS_OF_PRESENCE = ['FRA56-P1', 'HAN51-P2'];
/** Outputs that name the queues whose messages are worked on. */
export const QUEUES = ['SiteChangesQueueUrl', 'MailQueueUrl'];

export function output({ outputs }: LocalCloud, name: string): string {
  const value = outputs[name];
  if (value === undefined) throw new Error(`The stack has no output ${name}`);
  return value;
}

/** The dead-letter queue beside the queue that an output names. */
export function deadLetterQueueUrl(cloud: LocalCloud, queueOutput: string): string {
  return output(cloud, queueOutput.replace(/QueueUrl$/, 'DeadLetterQueueUrl'));
}

/** Messages in a queue, those being worked on included. */
export async function queueLength(cloud: LocalCloud, queueUrl: string): Promise<number> {
  const attributes = await queueAttributes(cloud, queueUrl);
  return (
    Number(attributes['ApproximateNumberOfMessages']) +
    Number(attributes['ApproximateNumberOfMessagesNotVisible'])
  );
}

export async function queueAttributes(cloud: LocalCloud, QueueUrl: string): Promise<Record<string, string>> {
  const input = { QueueUrl, AttributeNames: ['All'] };
  const { body = '' } = await cloud.callAws(
    jsonRequest('sqs', 'AmazonSQS.GetQueueAttributes', input, TESTER),
  );
  return (JSON.parse(String(body)) as { Attributes: Record<string, string> }).Attributes;
}
