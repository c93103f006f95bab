import * as z from 'zod/mini';
import { InvalidMessageError } from '../errors.ts';
import { signedHeaders } from './signature.ts';

export interface Webhook {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The owner's endpoint. */
export interface Receiver {
  /** @throws WebhookRefusedError unless it answers in time that it has it */
  post(webhook: Webhook): Promise<void>;
}

export interface DeliveryDependencies {
  readonly receiver: Receiver;
  readonly secret: () => Promise<string>;
  readonly now: () => Date;
}

/** The event of a refresh's end, as EventBridge puts it into a queue: what is read here of it. */
const EndedEvent = z.object({ detail: z.looseObject({ id: z.string(), finishedAt: z.string() }) });

/**
 * Signs an event of the queue and posts it.
 *
 * @returns the webhook's id
 * @throws InvalidMessageError, WebhookRefusedError or SecretUnusableError
 */
export async function deliver(
  message: string,
  { receiver, secret, now }: DeliveryDependencies,
): Promise<string> {
  const { detail } = readEvent(message);
  const { id, finishedAt } = detail;
  const body = JSON.stringify({ type: 'refresh.ended', timestamp: finishedAt, data: detail });
  const timestamp = Math.floor(now().getTime() / 1000);
  const headers = signedHeaders({ id, timestamp, body }, await secret());
  await receiver.post({ headers: { 'content-type': 'application/json', ...headers }, body });
  return id;
}

function readEvent(message: string): z.infer<typeof EndedEvent> {
  try {
    return EndedEvent.parse(JSON.parse(message));
  } catch (cause) {
    throw new InvalidMessageError("Not the event of a refresh's end", { cause });
  }
}

/** Seconds before the next try, by how often the receiver has failed. */
const PAUSES = [1, 10, 60, 300, 900, 3600, 7200, 14_400, 28_800];

/** A webhook is given up after the last of them: after 15 hours. */
export const MAX_TRIES = PAUSES.length + 1;

/** @returns undefined after the last try */
export const pauseAfter = (tries: number): number | undefined => PAUSES[tries - 1];
