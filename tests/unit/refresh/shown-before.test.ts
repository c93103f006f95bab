import { describe, expect, it } from 'vitest';
import { fingerprintOf, headersFingerprintOf } from '../../../shared/refresh/served.ts';
import { verifiedFrom } from '../../../shared/refresh/verified.ts';
import { changeOf } from '../../helpers/changes.ts';
import { decide, objectOf as objectIn, THEN, upload } from './deciding.ts';
import { formerly, LATER, objectOf, site, stale } from './scripted-site.ts';

/** What the distribution's policy makes viewers get. */
const POLICY = { 'cache-control': 'max-age=60' };
const SHOWN = headersFingerprintOf(objectOf('a', POLICY));

const uploaded = { objects: [changeOf('a.css', { eTag: 'a' })] };

/** The same content, uploaded again: the edge still shows the upload before. */
function uploadedAgain(stored = objectOf('a')) {
  const scripted = site({ 'a.css': stored });
  scripted.edge.set('/a.css', formerly('a', POLICY));
  return scripted;
}

describe('Headers that the distribution changes', () => {
  it('are recorded where the edge shows the object as it was just written', async () => {
    const { verify, edge, remembered } = site({ 'a.css': objectOf('a') });
    edge.set('/a.css', objectOf('a', POLICY));
    expect(await verify(uploaded)).toEqual({ verified: 1, superseded: 0 });
    expect(remembered).toEqual({ 'a.css m1': { ...verifiedFrom(objectOf('a')), shown: [SHOWN] } });
  });

  it('are not recorded where the edge shows what is stored', async () => {
    const { verify, remembered } = site({ 'a.css': objectOf('a') });
    await verify(uploaded);
    expect(remembered).toEqual({ 'a.css m1': verifiedFrom(objectOf('a')) });
  });

  it('are no difference when the same object was uploaded again, and is not purged', async () => {
    const { verify, records } = uploadedAgain();
    const verified = { ...verifiedFrom(objectOf('a')), shown: [SHOWN] };
    records.set('a.css', { key: 'a.css', sequencer: '01', mark: 'm0', verified });
    expect(await verify(uploaded)).toEqual({ verified: 1, superseded: 0 });
  });

  it.each([
    { what: 'nothing was recorded', verified: undefined },
    { what: 'they were never shown', verified: verifiedFrom(objectOf('a')) },
    {
      what: 'they were shown of another object',
      verified: { ...verifiedFrom(objectOf('a', { 'content-type': 'text/css' })), shown: [SHOWN] },
    },
  ])('are stale if $what', async ({ verified }) => {
    const { verify, records } = uploadedAgain();
    const record = { key: 'a.css', sequencer: '01', mark: 'm0' };
    records.set('a.css', verified === undefined ? record : { ...record, verified });
    await expect(verify(uploaded)).rejects.toEqual(stale('/a.css'));
  });

  it('do not hide other content', async () => {
    const { verify, edge, records } = uploadedAgain();
    edge.set('/a.css', formerly('old', POLICY));
    const verified = { ...verifiedFrom(objectOf('a')), shown: [SHOWN] };
    records.set('a.css', { key: 'a.css', sequencer: '01', mark: 'm0', verified });
    await expect(verify(uploaded)).rejects.toEqual(stale('/a.css'));
  });

  it('stay on record for the next upload when one is skipped', async () => {
    const verified = { ...objectIn('same', {}, THEN) };
    const { record } = await decide({
      verified,
      shown: [SHOWN],
      events: [upload('06')],
      bucket: objectIn('same'),
    });
    expect(record?.verified).toMatchObject({ fingerprint: fingerprintOf(verified), shown: [SHOWN] });
  });
});

it('An object that changes while the edge is asked is left to its own refresh', async () => {
  const { verify, bucket, whileAsking } = uploadedAgain();
  whileAsking(() => void bucket.set('a.css', { ...objectOf('b'), lastModified: LATER }));
  expect(await verify(uploaded)).toEqual({ verified: 0, superseded: 1 });
});
