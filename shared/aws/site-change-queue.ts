import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SiteChangeQueue } from '../sites/look.ts';

/** Asks for refreshes of what a change of a distribution has made old. */
export function createSiteChangeQueue(queueUrl: string, client = new SQSClient({})): SiteChangeQueue {
  return {
    async send(distributionId, changes) {
      const paths = [...new Set(changes.map(({ path }) => path))];
      const MessageBody = JSON.stringify({
        paths: paths.includes('/*') ? ['/*'] : paths,
        distributionId,
        causes: [...new Set(changes.map(({ what }) => what))],
      });
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody }));
    },
  };
}
