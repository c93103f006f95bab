import type { AwsRequest, AwsResponse } from '../../infra/local/kernel/aws-api.ts';

export interface LongPolls {
  /** Asks until there are messages: again whenever some may have come. */
  receive(queue: string, ask: () => Promise<AwsResponse>): Promise<AwsResponse>;
  /** Messages have come: one who waits asks again. */
  wake(queue: string): void;
  /**
   * Messages were given out, whether they arrived or not: each comes again, unless it is deleted.
   */
  gaveOut(queue: string, messages: number): void;
}

/**
 * Polls of empty queues, which wait for a message as long as it takes: asking again every 20
 * seconds would be most of what a simulation does.
 *
 * @param visibilitySeconds how long a received message is away
 */
export function createLongPolls(visibilitySeconds: (queue: string) => number): LongPolls {
  const parked = new Map<string, (() => void)[]>();

  function wake(queue: string): void {
    parked.get(queue)?.shift()?.();
  }

  return {
    wake,
    gaveOut(queue, messages) {
      // Just after the time-out, when the queue gives it out again.
      const ms = visibilitySeconds(queue) * 1000 + 1;
      for (let i = 0; i < messages; i++) setTimeout(wake, ms, queue);
    },
    async receive(queue, ask) {
      for (;;) {
        const answer = await ask();
        if (answer.status !== 200 || messagesIn(answer) > 0) return answer;
        const woken = Promise.withResolvers<void>();
        parked.set(queue, [...(parked.get(queue) ?? []), woken.resolve]);
        await woken.promise;
      }
    },
  };
}

export function messagesIn({ body = '' }: AwsResponse): number {
  const { Messages = [] } = JSON.parse(String(body)) as { Messages?: readonly unknown[] };
  return Messages.length;
}

/** The same request, answered at once. */
export function withoutWaiting(request: AwsRequest): AwsRequest {
  const input = JSON.parse(request.body.toString()) as object;
  return { ...request, body: Buffer.from(JSON.stringify({ ...input, WaitTimeSeconds: 0 })) };
}

/** Of a call to SQS in the JSON protocol: URLs of one queue differ by their host. */
export function queueNameOf({ body }: AwsRequest): string {
  const { QueueUrl } = JSON.parse(body.toString()) as { QueueUrl: string };
  return QueueUrl.slice(QueueUrl.lastIndexOf('/') + 1);
}
