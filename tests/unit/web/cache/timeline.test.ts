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

describe('the timeline', () => {
  it('of a running refresh tells what has happened, what comes next, and after that', () => {
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

  it('of one that ended tells only what has happened', () => {
    const timeline = [UPLOADED, CLOSED, FINISHED];
    expect(labelsOf({ state: 'fresh', timeline, changes: CHANGES })).toEqual([
      'Uploaded (done)',
      'Uploads finished (done)',
      'Fresh (done)',
    ]);
  });

  it('says where one was given up', () => {
    expect(labelsOf({ state: 'failed', timeline: [UPLOADED, FINISHED], changes: CHANGES }).at(-1)).toBe(
      'Given up (failed)',
    );
  });

  it('says that one was not verified, which is not the same as given up', () => {
    expect(labelsOf({ state: 'unasked', timeline: [UPLOADED, FINISHED], changes: CHANGES }).at(-1)).toBe(
      'Not verified (unasked)',
    );
  });

  it('calls by its name what was not uploaded', () => {
    expect(labelsOf({ state: 'closed', timeline: [UPLOADED, CLOSED], changes: [] })[0]).toBe(
      'Requested (done)',
    );
  });

  it('before anything is known waits for quiet', () => {
    expect(labelsOf({ state: 'open', timeline: [], changes: [] })[0]).toBe('Uploads finished (current)');
  });

  it('of one that starts over shows where it is, not how far it had been', () => {
    const timeline = [UPLOADED, CLOSED, INVALIDATED];
    expect(labelsOf({ state: 'open', timeline, changes: CHANGES }).slice(0, 2)).toEqual([
      'Uploaded (done)',
      'Uploads finished (current)',
    ]);
    expect(labelsOf({ state: 'closed', timeline, changes: CHANGES })[2]).toBe('Invalidation sent (current)');
  });

  it('measures each step from the one before, and the whole from the upload', () => {
    const timeline = [UPLOADED, CLOSED, INVALIDATED, FINISHED];
    const milestones = milestonesOf({ state: 'fresh', timeline, changes: CHANGES });
    expect(milestones.map(({ tookMs }) => tookMs)).toEqual([undefined, 2000, 1000, 6000]);
    expect(uploadToEndMs({ timeline })).toBe(9000);
    expect(uploadToEndMs({ timeline: [UPLOADED, CLOSED] })).toBeUndefined();
  });
});
