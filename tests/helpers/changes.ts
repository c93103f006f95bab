import type { Change } from '../../shared/refresh/refresh.ts';

/** An upload as an S3 event tells it; `details` replace what a test cares about. */
export function changeOf(key: string, details: Partial<Change> = {}): Change {
  return {
    key,
    removed: false,
    eventTime: '2026-11-02T10:00:00.500Z',
    sequencer: '0055AED6DCD90281E5',
    eTag: 'd41d8cd98f00b204e9800998ecf8427e',
    ...details,
  };
}
