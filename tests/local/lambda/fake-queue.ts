import type { AwsRequest, AwsResponse } from '../../../infra/local/kernel/aws-api.ts';

interface Call {
  readonly action: string;
  readonly request: Record<string, unknown>;
}

interface Message {
  readonly MessageId: string;
  readonly Body: string;
}

/** A `ReceiveMessage` that waits for messages. */
interface Poll {
  readonly most: number;
  answer(messages: readonly object[]): void;
}

const ok = (value: object): AwsResponse => ({ status: 200, body: JSON.stringify(value) });

/**
 * A queue that the test fills by hand. Of several waiting polls it serves the latest, so that one
 * poller can gather more.
 */
export class FakeQueue {
  readonly #calls: Call[] = [];
  readonly #polls: Poll[] = [];
  /** Each looks whether what a test waits for has come true. */
  readonly #lookouts = new Set<() => void>();
  /** Actions whose next call fails. */
  readonly #failing = new Set<string>();
  readonly #messages: Message[] = [];
  #receipts = 0;
  #sent = 0;

  readonly callAws = async (request: AwsRequest): Promise<AwsResponse> => {
    const action = String(request.headers['x-amz-target']).replace('AmazonSQS.', '');
    const call = { action, request: JSON.parse(request.body.toString()) as Record<string, unknown> };
    this.#calls.push(call);
    for (const look of [...this.#lookouts]) look();
    if (this.#failing.delete(action)) return { status: 500, body: '{"__type":"InternalError"}' };
    return this.#execute(call);
  };

  /** Puts a message with each of these bodies into the queue. */
  send(bodies: readonly string[]): void {
    this.#messages.push(...bodies.map(Body => ({ MessageId: `m${++this.#sent}`, Body })));
    this.#serve();
  }

  failNext(action: string): void {
    this.#failing.add(action);
  }

  /** The requests of an action so far. */
  calls(action: string): Record<string, unknown>[] {
    return this.#calls.filter(call => call.action === action).map(call => call.request);
  }

  /** Ids of the messages deleted so far. */
  deleted(): (string | undefined)[] {
    return this.calls('DeleteMessageBatch').flatMap(request =>
      (request['Entries'] as { ReceiptHandle: string }[]).map(entry => entry.ReceiptHandle.split('/')[0]),
    );
  }

  /** Receipt handles of the messages put back so far. */
  released(): string[] {
    return this.calls('ChangeMessageVisibility').map(request => String(request['ReceiptHandle']));
  }

  /** Resolves as soon as a call has made it true. */
  until(condition: () => boolean): Promise<void> {
    return new Promise(resolve => {
      const look = () => {
        if (!condition()) return;
        this.#lookouts.delete(look);
        resolve();
      };
      this.#lookouts.add(look);
      look();
    });
  }

  #execute({ action, request }: Call): AwsResponse | Promise<AwsResponse> {
    if (action === 'ReceiveMessage') return this.#receive(request);
    if (action === 'ChangeMessageVisibility') this.#release(String(request['ReceiptHandle']));
    return ok({});
  }

  #receive(request: Call['request']): AwsResponse | Promise<AwsResponse> {
    // A poll that does not wait finds what is there: tests fill the queue before it.
    if (request['WaitTimeSeconds'] === 0 && this.#messages.length === 0) return ok({});
    const { promise, resolve } = Promise.withResolvers<AwsResponse>();
    const most = Number(request['MaxNumberOfMessages']);
    this.#polls.push({ most, answer: messages => resolve(ok({ Messages: messages })) });
    this.#serve();
    return promise;
  }

  /** Puts a received message back. */
  #release(receiptHandle: string): void {
    const [id = ''] = receiptHandle.split('/');
    this.#messages.push({ MessageId: id, Body: `body of ${id}` });
    this.#serve();
  }

  #serve(): void {
    while (this.#messages.length > 0) {
      const poll = this.#polls.pop();
      if (poll === undefined) return;
      poll.answer(this.#messages.splice(0, poll.most).map(message => this.#received(message)));
    }
  }

  #received(message: Message): object {
    return {
      ...message,
      ReceiptHandle: `${message.MessageId}/${++this.#receipts}`,
      MD5OfBody: 'md5',
      Attributes: { ApproximateReceiveCount: '1', SenderId: '000000000000' },
    };
  }
}
