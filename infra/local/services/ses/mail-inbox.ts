import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fieldsOf } from '../../kernel/api-traits.ts';
import { AwsError, type AwsRequest, type AwsResponse, type AwsService } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import { close, portTaken } from '../../kernel/http-server.ts';
import { withoutHopByHop } from '../../kernel/in-process.ts';
import type { Journal } from '../../kernel/journal.ts';
import { queryParameters } from '../../kernel/query-protocol.ts';
import type { Identities } from './identities.ts';
import { addressIn, regionOf } from './ses-request.ts';
import { asSesAnswers, isVersion1, refusalByVersion, sesErrorResponse } from './versions.ts';

/** A mail as aws-ses-v2-local keeps it. */
export interface ReceivedMail {
  readonly messageId: string;
  readonly from: string;
  readonly destination: { readonly to: readonly string[] };
  readonly subject: string;
  readonly body: { readonly text?: string; readonly html?: string };
  /** Seconds since 1970. */
  readonly at: number;
}

/** How many mails are kept by default; the oldest go first. */
const MAILS_KEPT = 2000;

export interface MailInbox {
  readonly handle: AwsService;
  /** The page that shows the mails. */
  readonly url: string;
  /** The mails received and kept, oldest first. */
  mails(): readonly ReceivedMail[];
  stop(): Promise<void>;
}

interface Ses {
  default: (options: { host: string; port: number }) => Promise<Server>;
}

/**
 * SES by aws-ses-v2-local, with its inbox page.
 *
 * @param port of the inbox page
 * @param identities SES refuses senders that are not verified
 * @param keep how many mails are kept; the oldest go first
 */
export async function startMailInbox(options: {
  readonly port: number;
  readonly identities: Pick<Identities, 'isVerified'>;
  readonly store: DurableStore;
  readonly journal: Journal;
  readonly keep?: number;
}): Promise<MailInbox> {
  const { keep = MAILS_KEPT } = options;
  const require = createRequire(import.meta.url);
  const ses = require('aws-ses-v2-local') as Ses;
  // Its page shows an array that lives as long as the process: add the mails of earlier starts.
  const { getStoreReadonly } = require('aws-ses-v2-local/dist/store') as {
    getStoreReadonly(): { emails: ReceivedMail[] };
  };
  const kept = options.store.map<ReceivedMail>('mails');
  // Read anew each time: clearing the page replaces the array.
  const shown = () => getStoreReadonly().emails;
  const isShown = new Set(shown().map(mail => mail.messageId));
  shown().push(...kept.values().filter(mail => !isShown.has(mail.messageId)));
  const server = await ses.default({ host: '127.0.0.1', port: options.port });
  // Express calls back even if it could not listen.
  const address = server.address() as AddressInfo | null;
  if (address === null) throw portTaken(options.port, '--inbox-port');
  const url = `http://127.0.0.1:${address.port}`;

  const handle = async (request: AwsRequest) => {
    const refusal = refusalByVersion(request);
    if (refusal !== undefined) return refusal;
    const sender = senderOf(request);
    const region = regionOf(request);
    if (sender !== undefined && !options.identities.isVerified(region, addressIn(sender)))
      return sesErrorResponse(request, notVerified(sender, region));
    const response = asSesAnswers(request, await forward(url, request));
    const accepted = shown().findLast(mail => String(response.body).includes(mail.messageId));
    if (accepted !== undefined) {
      kept.set(accepted.messageId, accepted);
      const surplus = Math.max(0, shown().length - keep);
      for (const { messageId } of shown().splice(0, surplus)) kept.delete(messageId);
      options.journal.record({ kind: 'mail', to: accepted.destination.to, subject: accepted.subject });
    }
    return response;
  };

  return {
    handle,
    url,
    mails: () => kept.values(),
    async stop() {
      // The page has a button that clears the inbox.
      const left = new Set(shown().map(mail => mail.messageId));
      for (const { messageId } of kept.values()) if (!left.has(messageId)) kept.delete(messageId);
      await close(server);
    },
  };
}

/**
 * Goes over a socket: Express swaps the response's prototype, which an injected response does not
 * survive.
 */
async function forward(base: string, { method, url, headers, body }: AwsRequest): Promise<AwsResponse> {
  const response = await fetch(`${base}${url}`, {
    method,
    headers: withoutHopByHop(headers) as Record<string, string>,
    ...(body.length > 0 ? { body: new Uint8Array(body) } : {}),
  });
  return {
    status: response.status,
    headers: withoutHopByHop(Object.fromEntries(response.headers)),
    body: Buffer.from(await response.arrayBuffer()),
  };
}

/** A JSON field in SES v2, a form field in v1. */
function senderOf(request: AwsRequest): string | undefined {
  if (isVersion1(request)) return queryParameters(request).get('Source') ?? undefined;
  if (!request.url.startsWith('/v2/email/outbound-')) return undefined;
  return fieldsOf<{ FromEmailAddress: string }>(request.body).FromEmailAddress;
}

function notVerified(sender: string, region: string): AwsError {
  return new AwsError(
    'MessageRejected',
    `Email address is not verified. The following identities failed the check in region ${region.toUpperCase()}: ${sender}`,
  );
}
