import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QuotaExceededError } from '../../../shared/errors.ts';
import { type InvalidateInput, invalidate } from '../../../shared/refresh/invalidate.ts';
import type { Changes } from '../../../shared/refresh/refresh.ts';
import { verifiedFrom } from '../../../shared/refresh/unchanged.ts';
import { changeOf } from '../../helpers/changes.ts';
import { PLANNING } from '../../helpers/planning.ts';
import { createMemoryRecords } from './memory-records.ts';
import { createMemoryTable } from './memory-table.ts';

type Step = <T>(label: string, effect: () => T) => Promise<T>;
const inOneGo: Step = async (_, effect) => effect();

/** An open refresh `r1` with one change of `a.css`, and a CloudFront that first refuses so many requests. */
function setUp({ refusals = 0, step = inOneGo, changes = {} as Partial<Changes>, originPath = '' } = {}) {
  const table = createMemoryTable({ step, without: undefined, report: () => {} });
  table.put('r1', 'open', { key: 'a.css', sequencer: '01' });
  const records = createMemoryRecords({ step });
  const sent: { reference: string; paths: string }[] = [];
  let [left, marks] = [refusals, 0];
  return {
    table,
    records,
    sent,
    invalidate: (input: Partial<InvalidateInput> = {}) =>
      invalidate(
        { refreshId: 'r1', round: 1, ...input },
        {
          refreshes: { ...table, changesOf: async id => ({ ...(await table.changesOf(id)), ...changes }) },
          invalidations: {
            create: (paths, reference) =>
              step('create', () => {
                sent.push({ reference, paths: paths.join(' ') });
                if (left-- > 0) throw new QuotaExceededError(undefined);
                return `I-${reference}`;
              }),
          },
          site: { keys: async () => ['a.css', 'b.css', 'unchanged.css'] },
          planning: { ...PLANNING, urls: { originPath, extensionless: false } },
          edge: { records, objects: { head: async () => undefined } },
          newMark: () => `m${++marks}`,
        },
      ),
  };
}

const named = (name: string) => expect.objectContaining({ name });

describe('the step Invalidate', () => {
  it('closes the refresh, plans it and creates its invalidation', async () => {
    const { table, sent, invalidate } = setUp({
      changes: { objects: [changeOf('b.css')], paths: ['/docs/*'] },
    });
    expect(await invalidate({ generation: 1 })).toEqual({ invalidationId: 'I-r1-1', paths: 2 });
    expect(sent).toEqual([{ reference: 'r1-1', paths: '/b.css /docs/*' }]);
    expect(await table.get('r1')).toMatchObject({ state: 'invalidating', plan: { number: 1, round: 1 } });
  });

  it('refuses when changes arrived since the last look, and leaves the refresh open for them', async () => {
    const { table, sent, invalidate } = setUp();
    await table.commit('r1');
    await expect(invalidate({ generation: 1 })).rejects.toThrow(named('RefreshNotQuiet'));
    expect(await table.get('r1')).toMatchObject({ state: 'open' });
    expect(sent).toEqual([]);
  });

  it('closes an unquiet refresh when no generation is given', async () => {
    const { table, invalidate } = setUp();
    await table.commit('r1');
    expect(await invalidate()).toEqual({ invalidationId: 'I-r1-1', paths: 1 });
  });

  it('sends nothing when no viewer can see the changes', async () => {
    const { sent, invalidate } = setUp({ originPath: '/public' });
    expect(await invalidate()).toEqual({ paths: 0 });
    expect(sent).toEqual([]);
  });

  it('repeated sends the same paths under the same reference', async () => {
    const { sent, invalidate } = setUp();
    const first = await invalidate({ generation: 1 });
    expect(await invalidate({ generation: 1 })).toEqual(first);
    expect(sent[1]).toEqual(sent[0]);
  });

  it('plans anew, under a new reference, after too many invalidations were in progress', async () => {
    const { sent, invalidate } = setUp({ refusals: 2 });
    await expect(invalidate()).rejects.toThrow(named('TooManyInvalidationsInProgress'));
    await expect(invalidate()).rejects.toThrow(named('TooManyInvalidationsInProgress'));
    expect(await invalidate()).toMatchObject({ paths: 1 });
    expect(new Set(sent.map(({ reference }) => reference)).size).toBe(3);
  });

  it('plans anew, under a new reference, in a second round', async () => {
    const { sent, invalidate } = setUp();
    await invalidate({ round: 1 });
    await invalidate({ round: 2 });
    expect(sent.map(({ reference }) => reference)).toEqual(['r1-1', 'r1-2']);
  });

  it('sends nothing for what the edge was verified to serve, and says how many keys that were', async () => {
    const first = changeOf('a.css', { removed: true, sequencer: '01' });
    const again = changeOf('a.css', { removed: true, sequencer: '02' });
    const { table, records, sent, invalidate } = setUp({ changes: { objects: [again] } });
    await records.mark(first, 'm0');
    await records.recordVerified(first, 'm0', verifiedFrom(undefined));
    expect(await invalidate()).toEqual({ paths: 0 });
    expect(sent).toEqual([]);
    const skipped = { unchanged: 1, neverCached: 0, duplicate: 0 };
    expect((await table.get('r1'))?.plan).toMatchObject({ paths: [], skipped });
  });

  it('skips nothing in a second round, nor what was asked for by hand', async () => {
    const removal = changeOf('a.css', { removed: true, sequencer: '01' });
    const { table, records, sent, invalidate } = setUp({
      changes: { objects: [removal], paths: ['/b.css'] },
    });
    await records.mark(removal, 'm0');
    await records.recordVerified(removal, 'm0', verifiedFrom(undefined));
    await invalidate({ round: 1 });
    await invalidate({ round: 2 });
    expect(sent.map(({ paths }) => paths)).toEqual(['/b.css', '/a.css /b.css']);
    const plan = (await table.get('r1'))?.plan;
    expect(records.peek('a.css')).toEqual({ key: 'a.css', sequencer: '01', mark: plan?.mark });
  });

  it('says so when there is no such refresh', async () => {
    await expect(setUp().invalidate({ refreshId: 'r0' })).rejects.toThrow(named('UnknownRefresh'));
  });

  it('running twice at the same time never sends two lists of paths under one reference', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.nat(3), async (scheduler, refusals) => {
        const step: Step = async (label, effect) => {
          await scheduler.schedule(Promise.resolve(), label);
          return effect();
        };
        const { sent, invalidate } = setUp({ refusals, step });
        const twins = Promise.allSettled([invalidate(), invalidate()]);
        await scheduler.waitFor(twins);
        await scheduler.waitFor(Promise.allSettled([invalidate()]));
        const references = new Set(sent.map(({ reference }) => reference));
        const batches = new Set(sent.map(({ reference, paths }) => `${reference} ${paths}`));
        expect(batches.size).toBe(references.size);
        if (refusals === 0) expect(references.size).toBe(1);
      }),
    );
  });
});
