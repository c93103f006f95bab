import { createHmac } from 'node:crypto';

/** What Standard Webhooks writes before a key in base64. */
const PREFIX = 'whsec_';

/** A webhook as it is sent, before it is signed. */
export interface SignedContent {
  /** The same for every try. */
  readonly id: string;
  /** Seconds since the epoch at this try. Receivers refuse old ones, so none can be replayed. */
  readonly timestamp: number;
  readonly body: string;
}

/**
 * The headers of a webhook, signed by HMAC-SHA256 over id, time stamp and body, as
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md says:
 * receivers may use its libraries.
 *
 * @param secret after `whsec_` the key in base64, which those libraries expect; any other string is
 *   the key itself
 */
export function signedHeaders({ id, timestamp, body }: SignedContent, secret: string) {
  const key = secret.startsWith(PREFIX) ? Buffer.from(secret.slice(PREFIX.length), 'base64') : secret;
  const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': `v1,${signature}`,
  };
}
