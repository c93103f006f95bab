import { setTimeout as sleep } from 'node:timers/promises';
import { bucketArn } from '../../kernel/arn.ts';
import type { AwsRequest, AwsResponse, AwsService } from '../../kernel/aws-api.ts';
import { ConnectionCutError } from '../../kernel/aws-endpoint.ts';
import type { Journal } from '../../kernel/journal.ts';
import { sendMessage } from '../sqs/send-message.ts';
import { isDeleteObjects, keysToDelete } from './delete-objects.ts';
import { bridgedEvent, notification, type ObjectEvent } from './event-messages.ts';
import { type NotificationRule, takes } from './notification-rules.ts';
import { s3Address, s3Request } from './s3-request.ts';
import type { Versions } from './versions.ts';

/**
 * One event on its way to a queue, straight or by EventBridge. Calling `send` twice duplicates it,
 * calling it late delays or reorders it.
 */
export type EventDelivery = (
  event: { readonly key: string; readonly name: string },
  send: () => Promise<void>,
) => Promise<void>;

export interface S3EventsOptions {
  readonly s3: AwsService;
  readonly newestOf: Versions['newestOf'];
  readonly notificationsOf: (bucket: string) => readonly NotificationRule[];
  /**
   * Hands an event to EventBridge, if the bucket's events go there; resolves when its targets have
   * it.
   *
   * @default no bucket's do
   */
  readonly busOf?: (bucket: string) => ((event: object) => Promise<void>) | undefined;
  readonly callAws: AwsService;
  readonly journal: Journal;
  /** @default each once, at once */
  readonly deliver?: EventDelivery | undefined;
  readonly now?: () => Date;
}

export interface S3WithEvents {
  readonly handle: AwsService;
  /** Waits for events in flight; gives up those that no queue takes. */
  stop(): Promise<void>;
}

/**
 * S3 event notifications as AWS sends them: one event per message, in version 2.4, the key
 * form-encoded, with a growing sequencer (S3 user guide, "Event message structure"). The same event
 * goes to EventBridge in its own form. The answer to the caller does not wait for them.
 */
export function withEvents(options: S3EventsOptions): S3WithEvents {
  const { s3, newestOf, notificationsOf, busOf, callAws, journal, now = () => new Date() } = options;
  const deliver: EventDelivery = options.deliver ?? ((_, send) => send());
  const inFlight = new Set<Promise<void>>();
  const nextSequencer = createSequencer(now);
  const stopping = new AbortController();

  /** S3 tries until the queue takes the event, so that it may arrive twice. */
  async function send(bucket: string, queueArn: string, message: object): Promise<void> {
    const request = sendMessage(queueArn, JSON.stringify(message), bucketArn(bucket));
    for (let pauseMs = 50; !stopping.signal.aborted; pauseMs = Math.min(2 * pauseMs, 1000)) {
      const answer = await callAws(request).catch(unlessCut);
      if (answer?.status === 200) return;
      await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  async function notify(event: ObjectEvent): Promise<void> {
    const { bucket, key, name } = event;
    journal.record({ kind: 'object', bucket, key, event: name });
    const [sequencer, time] = [nextSequencer(), now()];
    const ways = notificationsOf(bucket)
      .filter(rule => takes(rule, `s3:${name}`, key))
      .map(
        ({ queueArn }) =>
          () =>
            send(bucket, queueArn, notification(event, sequencer, time)),
      );
    const publish = busOf?.(bucket);
    if (publish !== undefined) ways.push(() => publish(bridgedEvent(event, sequencer, time)));
    await Promise.all(ways.map(way => deliver({ key, name }, way)));
  }

  return {
    async handle(request) {
      const response = await s3(request);
      if (response.status < 300) {
        for (const event of eventsOf(request, response, newestOf)) {
          const measured =
            event.eTag === undefined ? event : { ...event, size: await sizeOf(event, request, s3) };
          const delivery = notify(measured)
            .catch(error => process.emitWarning(error))
            .finally(() => inFlight.delete(delivery));
          inFlight.add(delivery);
        }
      }
      return response;
    },
    async stop() {
      stopping.abort();
      await Promise.all(inFlight);
    },
  };
}

async function sizeOf(
  { size, bucket, key }: ObjectEvent,
  { caller }: AwsRequest,
  s3: AwsService,
): Promise<number> {
  if (size !== undefined) return size;
  const { headers } = await s3(s3Request({ caller, method: 'HEAD', bucket, key }));
  return Number(headers?.['content-length'] ?? 0);
}

function unlessCut(error: unknown): undefined {
  if (!(error instanceof ConnectionCutError)) throw error;
}

function eventsOf(request: AwsRequest, response: AwsResponse, newestOf: Versions['newestOf']): ObjectEvent[] {
  const { bucket, key, query } = s3Address(request);
  if (isDeleteObjects(request))
    return keysToDelete(request).map(removed => removalOf(bucket, removed, newestOf(bucket, removed)));
  if (key === '') return [];
  const versionId = response.headers?.['x-amz-version-id']?.toString();
  const version = versionId === undefined ? {} : { versionId };
  const created = (name: string, eTag = '', size?: number): ObjectEvent[] => [
    {
      bucket,
      key,
      name: `ObjectCreated:${name}`,
      eTag: eTag.replaceAll(/"|&quot;/g, ''),
      ...(size === undefined ? {} : { size }),
      ...version,
    },
  ];
  const eTagInBody = () => /<ETag>(.*?)<\/ETag>/.exec(String(response.body))?.[1];
  if (request.method === 'POST' && query.has('uploadId')) {
    return created('CompleteMultipartUpload', eTagInBody());
  }
  if (request.method === 'DELETE' && !query.has('uploadId')) {
    if (query.has('versionId')) return [{ bucket, key, name: 'ObjectRemoved:Delete', ...version }];
    return [removalOf(bucket, key, newestOf(bucket, key))];
  }
  if (request.method !== 'PUT' || query.has('partNumber')) return [];
  if (request.headers['x-amz-copy-source'] !== undefined) return created('Copy', eTagInBody());
  const size = Number(request.headers['x-amz-decoded-content-length'] ?? request.body.length);
  return created('Put', response.headers?.['etag']?.toString(), size);
}

/** In a bucket with versions, a removal makes a delete marker. */
function removalOf(bucket: string, key: string, newest: ReturnType<Versions['newestOf']>): ObjectEvent {
  return newest?.isMarker
    ? { bucket, key, name: 'ObjectRemoved:DeleteMarkerCreated', versionId: newest.id }
    : { bucket, key, name: 'ObjectRemoved:Delete' };
}

/** Grows from event to event, and over restarts. */
function createSequencer(now: () => Date): () => string {
  let last = 0n;
  return () => {
    const time = BigInt(now().getTime()) * 1000n;
    last = time > last ? time : last + 1n;
    return last.toString(16).toUpperCase().padStart(18, '0');
  };
}
