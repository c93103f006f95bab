import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { startStorage, take } from '../../helpers/storage.ts';

it('A message may have characters of every plane, those that XML allows', async () => {
  const { sqs, queueUrl: QueueUrl } = await startStorage();
  const MessageBody = 'tab\t, line\n, Điểm, 🎒, \u{10FFFF}';
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  expect(await take(sqs, QueueUrl, 1)).toMatchObject([{ Body: MessageBody }]);
});

it.each(['\u0000', '\uFFFE', '\uFFFF'])(
  'A message with %j, which XML does not allow, is refused',
  async MessageBody => {
    const { sqs, queueUrl: QueueUrl } = await startStorage();
    await expect(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))).rejects.toMatchObject({
      name: 'InvalidMessageContents',
    });
  },
);
