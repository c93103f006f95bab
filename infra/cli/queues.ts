import { GetQueueAttributesCommand, GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { CommandError } from './stack-command.ts';

/** The stack's outputs that name a queue with dead letters. */
export const QUEUE_OUTPUTS = ['SiteChangesQueueUrl', 'MailQueueUrl'];

const RedrivePolicy = z.object({ deadLetterTargetArn: z.string() });

/** The dead-letter queue of a queue. @throws CommandError when it has none */
export async function deadLettersOf(
  queueUrl: string,
  sqs: SQSClient,
): Promise<{ name: string; url: string }> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['RedrivePolicy'] }),
  );
  if (Attributes?.RedrivePolicy === undefined) throw new CommandError(`${queueUrl} has no dead-letter queue`);
  const { deadLetterTargetArn } = RedrivePolicy.parse(JSON.parse(Attributes.RedrivePolicy));
  const [account, name = ''] = deadLetterTargetArn.split(':').slice(4);
  const { QueueUrl = '' } = await sqs.send(
    new GetQueueUrlCommand({ QueueName: name, QueueOwnerAWSAccountId: account }),
  );
  return { name, url: QueueUrl };
}

/** Messages that wait to be received. */
export async function countIn(queueUrl: string, sqs: SQSClient): Promise<number> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: ['ApproximateNumberOfMessages'],
    }),
  );
  return Number(Attributes?.ApproximateNumberOfMessages);
}
