import type { Refresh } from './refresh.ts';
import { type RefreshEnded, refreshEnded } from './refresh-ended.ts';
import type { RefreshReport } from './refresh-report.ts';

export interface AnnounceStore {
  /** Notes that EventBridge has the event of a refresh's end: see `RefreshEnd.isAnnounced`. */
  recordAnnounced(refreshId: string): Promise<void>;
}

/** Where other programs hear of refreshes. */
export interface EventBus {
  /** @throws EventRefusedError */
  put(ended: RefreshEnded): Promise<void>;
}

export interface AnnounceDependencies {
  readonly refreshes: AnnounceStore;
  readonly events: EventBus;
  /** Name of the pipeline, as its events tell it. */
  readonly pipeline: string;
}

/**
 * Puts the event of a refresh's end, unless that is done. A crash between the event and the note of
 * it repeats the event, with the same id.
 */
export async function announce(
  { end }: Refresh,
  report: RefreshReport,
  { refreshes, events, pipeline }: AnnounceDependencies,
): Promise<void> {
  if (end?.isAnnounced) return;
  await events.put(refreshEnded(report, pipeline));
  await refreshes.recordAnnounced(report.refreshId);
}
