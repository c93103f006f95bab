import { describe, expect, it } from 'vitest';
import type { Change } from '../../../shared/refresh/refresh.ts';
import type { Served } from '../../../shared/refresh/served.ts';
import { decide, objectOf, THEN, upload } from './deciding.ts';

const versionOf = (versionId: string, object: Served): Served => ({ ...object, versionId });
const deletion = (sequencer: string, versionId?: string): Change => ({
  ...{ key: 'a.css', removed: false, eventTime: '', sequencer, deletesVersion: true },
  ...(versionId === undefined ? {} : { versionId }),
});

describe('in a bucket with versions, a key', () => {
  const verified = versionOf('v1', objectOf('same', {}, THEN));
  const again = versionOf('v2', objectOf('same'));
  const uploaded = { ...upload('06'), versionId: 'v2' };
  it.each([
    {
      what: 'costs no path if it is uploaded again unchanged',
      events: [uploaded],
      bucket: again,
      reason: 'unchanged',
    },
    {
      what: 'is purged if the bucket shows a later version than the uploaded one',
      events: [uploaded],
      bucket: versionOf('v3', objectOf('same')),
      reason: 'purged',
    },
    {
      what: 'is purged if the upload is older than the one that was verified',
      events: [{ ...uploaded, sequencer: '04' }],
      bucket: again,
      reason: 'purged',
    },
    {
      what: 'costs no path if old versions of it are deleted',
      events: [deletion('06', 'v0'), deletion('07', 'v-1')],
      bucket: verified,
      reason: 'unchanged',
    },
    {
      what: 'is purged if the deletion is older than what was verified',
      events: [deletion('04', 'v0')],
      bucket: verified,
      reason: 'purged',
    },
    {
      what: 'is purged if an old version was deleted and a new one uploaded',
      events: [deletion('06', 'v0'), { ...uploaded, sequencer: '07' }],
      bucket: again,
      reason: 'purged',
    },
    {
      what: 'is purged if an older version shows again',
      events: [deletion('06', 'v1')],
      bucket: versionOf('v0', objectOf('older', {}, THEN)),
      reason: 'purged',
    },
    {
      what: 'is purged if nothing is left of it',
      events: [deletion('06', 'v1')],
      bucket: undefined,
      reason: 'purged',
    },
    {
      what: 'is purged if a null version was deleted, for there may be many',
      events: [deletion('06')],
      bucket: verified,
      reason: 'purged',
    },
  ])('$what', async ({ events, bucket, reason }) => {
    expect((await decide({ verified, events, bucket })).reason).toBe(reason);
  });

  it('is purged if a marker was deleted, although nothing seems to be there again', async () => {
    const events = [deletion('06', 'v1')];
    expect((await decide({ verified: 'absent', events, bucket: undefined })).reason).toBe('purged');
  });
});
