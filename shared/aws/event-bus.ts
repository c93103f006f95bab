import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { EventRefusedError } from '../errors.ts';
import type { EventBus } from '../refresh/announce.ts';
import { EVENT_SOURCE, EVENT_TYPE } from '../refresh/refresh-ended.ts';

/** The account's default bus. */
export function createEventBus(client = new EventBridgeClient({})): EventBus {
  return {
    async put(ended) {
      const { Entries = [] } = await client.send(
        new PutEventsCommand({
          Entries: [
            {
              Source: EVENT_SOURCE,
              DetailType: EVENT_TYPE,
              Time: new Date(ended.finishedAt),
              Detail: JSON.stringify(ended),
            },
          ],
        }),
      );
      // A refused entry is no error of the call.
      const [{ ErrorCode, ErrorMessage } = {}] = Entries;
      if (ErrorCode !== undefined) throw new EventRefusedError(`${ErrorCode}: ${ErrorMessage}`);
    },
  };
}
