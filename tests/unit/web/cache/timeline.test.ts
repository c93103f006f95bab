import { describe, expect, it } from 'vitest';
import { milestonesOf, uploadToEndMs } from '../../../../web/cache/timeline.ts';

const at = (seconds: number) => `2026-11-22T08:00:${String(seconds).padStart(2, '0')}.000Z`;
const UPLOADED = { step: 'uploaded', at: at(0) } as const;
const CLOSED = { step: 'closed', at: at(2) } as const;
const INVALIDATED = { step: 'invalidated', at: at(3) } as const;
const FINISHED = { step: 'finished', at: at(9) } as const;

const CHANGES = [{ key: 'index.html', removed: false, eventTime: at(0) }];

const labelsOf = (refresh: Parameters<typeof milestonesOf>[0]) =>
  milestonesOf(refresh).map(({ label, state }) => `${label} (${state})`);

describe('The timeline', () => {
  it('of a running refresh shows what has happened and the steps to come', () => {
    const timeline = [UPLOADED, CLOSED, INVALIDATED];
    expect(labelsOf({ state: 'invalidating', timeline, changes: CHANGES })).toEqual([
      'Uploaded (done)',
      'Uploads finished (done)',
      'Invalidation sent (done)',
      'Old copies dropped (current)',
      'Edge verified (ahead)',
      'Fresh (ahead)',
    ]);
  });

  it('of one that ended shows only what has happened', () => {
    const timeline = [UPLOADED, CLOSED, FINISHED];
    expect(labelsOf({ state: 'fresh', timeline, changes: CHANGES })).toEqual([
      'Uploaded (done)',
      'Uploads finished (done)',
      'Fresh (done)',
    ]);
  });

  it('shows the step at which a refresh failed', () => {
    expect(labelsOf({ state: 'failed', timeline: [UPLOADED, FINISHED], changes: CHANGES }).at(-1)).toBe(
      'Given up (failed)',
    );
  });

  it('says that one was not verified, which is not the same as given up', () => {
    expect(labelsOf({ state: 'unasked', timeline: [UPLOADED, FINISHED], changes: CHANGES }).at(-1)).toBe(
      'Not verified (unasked)',
    );
  });

  it('names a start other than an upload', () => {
    expect(labelsOf({ state: 'closed', timeline: [UPLOADED, CLOSED], changes: [] })[0]).toBe(
      'Requested (done)',
    );
  });

  it('shows a refresh without details as waiting for quiet', () => {
    expect(labelsOf({ state: 'open', timeline: [], changes: [] })[0]).toBe('Uploads finished (current)');
  });

  it('of one that starts over shows where it is now', () => {
    const timeline = [UPLOADED, CLOSED, INVALIDATED];
    expect(labelsOf({ state: 'open', timeline, changes: CHANGES }).slice(0, 2)).toEqual([
      'Uploaded (done)',
      'Uploads finished (current)',
    ]);
    expect(labelsOf({ state: 'closed', timeline, changes: CHANGES })[2]).toBe('Invalidation sent (current)');
  });

  it('measures each step from the one before, and the total from the upload', () => {
    const timeline = [UPLOADED, CLOSED, INVALIDATED, FINISHED];
    const milestones = milestonesOf({ state: 'fresh', timeline, changes: CHANGES });
    expect(milestones.map(({ tookMs }) => tookMs)).toEqual([undefined, 2000, 1000, 6000]);
    expect(uploadToEndMs({ timeline })).toBe(9000);
    expect(uploadToEndMs({ timeline: [UPLOADED, CLOSED] })).toBeUndefined();
  });
});
