import { WebhookRefusedError } from '../errors.ts';
import type { Receiver } from './deliver.ts';

/** How long a receiver may take: it should store a webhook first, and work on it afterwards. */
export const RECEIVER_TIMEOUT_MS = 10_000;

/** Follows no redirect: the webhook is meant for the address that its owner wrote. */
export function createReceiver(url: string, timeoutMs = RECEIVER_TIMEOUT_MS): Receiver {
  return {
    async post({ headers, body }) {
      const status = await statusOf(url, {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
      });
      if (status < 200 || status > 299) throw new WebhookRefusedError(`It answers ${status}`);
    },
  };
}

async function statusOf(url: string, init: RequestInit): Promise<number> {
  try {
    const response = await fetch(url, init);
    await response.body?.cancel();
    return response.status;
  } catch (cause) {
    throw new WebhookRefusedError('It does not answer', { cause });
  }
}
