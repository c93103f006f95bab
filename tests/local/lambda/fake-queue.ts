import type { AwsRequest, AwsResponse } from '../../../infra/local/kernel/aws-api.ts';

interface Call {
  readonly action: string;
  readonly request: Record<string, unknown>;
}

const ok = (value: object): AwsResponse => ({ status: 200, body: JSON.stringify(value) });

/**
 * A queue that the test fills by hand. Of several waiting polls the latest is served, so one poller
 * can gather on.
 */
export function createFakeQueue() {
  const calls: Call[] = [];
  const polls: { readonly most: number; answer(messages: object[]): void }[] = [];
  const changed = new Set<() => void>();
  const refused = new Set<string>();
  let messages: { MessageId: string; Body: string }[] = [];
  let receipts = 0;
  let sent = 0;

  function serve(): void {
    while (messages.length > 0) {
      const poll = polls.pop();
      if (poll === undefined) return;
      const served = messages.splice(0, poll.most);
      poll.answer(
        served.map(message => ({
          ...message,
          ReceiptHandle: `${message.MessageId}/${++receipts}`,
          MD5OfBody: 'md5',
          Attributes: { ApproximateReceiveCount: '1', SenderId: '000000000000' },
        })),
      );
    }
  }

  function execute({ action, request }: Call): AwsResponse | Promise<AwsResponse> {
    if (action === 'ReceiveMessage') {
      // Without waiting there is nothing more to come: the tests fill the queue before.
      if (request['WaitTimeSeconds'] === 0 && messages.length === 0) return ok({});
      const { promise, resolve } = Promise.withResolvers<AwsResponse>();
      polls.push({
        most: Number(request['MaxNumberOfMessages']),
        answer: list => resolve(ok({ Messages: list })),
      });
      serve();
      return promise;
    }
    if (action === 'ChangeMessageVisibility') {
      const [id = ''] = String(request['ReceiptHandle']).split('/');
      messages.push({ MessageId: id, Body: `body of ${id}` });
      serve();
    }
    return ok({});
  }

  async function callAws(request: AwsRequest): Promise<AwsResponse> {
    const action = String(request.headers['x-amz-target']).replace('AmazonSQS.', '');
    const call = { action, request: JSON.parse(request.body.toString()) as Record<string, unknown> };
    calls.push(call);
    for (const look of [...changed]) look();
    if (refused.delete(action)) return { status: 500, body: '{"__type":"InternalError"}' };
    return execute(call);
  }

  const of = (action: string) => calls.filter(call => call.action === action).map(call => call.request);

  return {
    callAws,
    calls: of,
    /** Puts a message with each of these bodies into the queue. */
    send(bodies: readonly string[]) {
      messages = [...messages, ...bodies.map(Body => ({ MessageId: `m${++sent}`, Body }))];
      serve();
    },
    failNext: (action: string) => void refused.add(action),
    deleted: () =>
      of('DeleteMessageBatch').flatMap(request =>
        (request['Entries'] as { ReceiptHandle: string }[]).map(entry => entry.ReceiptHandle.split('/')[0]),
      ),
    released: () => of('ChangeMessageVisibility').map(request => String(request['ReceiptHandle'])),
    /** Resolves as soon as a call has made it true. */
    until(condition: () => boolean): Promise<void> {
      return new Promise(resolve => {
        const look = () => {
          if (!condition()) return;
          changed.delete(look);
          resolve();
        };
        changed.add(look);
        look();
      });
    },
  };
}
