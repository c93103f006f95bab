import { InvalidMessageError } from '../errors.ts';
import type { Changes } from './refresh.ts';
import { parseSiteMessage, type SiteMessage } from './site-message.ts';

export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
}

export interface SortedBatch {
  /** The union of what the good messages say. */
  readonly changes: Changes;
  /** Messages that no retry can make right, with the reason: the queue moves them to its dead-letter queue. */
  readonly refused: readonly { readonly messageId: string; readonly reason: string }[];
  /** Parts of good messages that ask for nothing, with the reason. */
  readonly ignored: readonly { readonly messageId: string; readonly reason: string }[];
}

/** Sorts a batch of messages into changes to collect, messages to refuse and parts to leave aside. */
export function sortBatch(messages: readonly QueueMessage[], bucket: string): SortedBatch {
  const good: SiteMessage[] = [];
  const refused: { messageId: string; reason: string }[] = [];
  const ignored: { messageId: string; reason: string }[] = [];
  for (const { messageId, body } of messages) {
    try {
      const message = parseSiteMessage(body, bucket);
      good.push(message);
      ignored.push(...message.ignored.map(reason => ({ messageId, reason })));
    } catch (error) {
      if (!(error instanceof InvalidMessageError)) throw error;
      refused.push({ messageId, reason: error.message });
    }
  }
  // Older events of a key too: each tells of a version that an edge may hold.
  const objects = good.flatMap(message => message.objects);
  const paths = [...new Set(good.flatMap(message => message.paths))];
  return { changes: { objects, paths }, refused, ignored };
}
