import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NOTHING_LOADED, newsOf, withNewest, withOlder } from '../../../../web/cache/history.ts';
import { pageOf, runningOf, summaryOf } from './refreshes.ts';

/** A page of the refreshes with these numbers, and where the older ones go on. */
const page = (numbers: readonly number[], next?: string) => pageOf(numbers.map(numbered), next);
const numbered = (number: number) => summaryOf({ id: `20261122T080000Z-${String(number).padStart(8, '0')}` });
const numbersOf = ({ refreshes }: { refreshes: readonly { id: string }[] }) =>
  refreshes.map(({ id }) => Number(id.slice(-8)));

describe('the loaded history', () => {
  it('grows at both ends', () => {
    const first = withNewest(NOTHING_LOADED, page([9, 8, 7], 'after 7'));
    const longer = withOlder(first, page([6, 5], 'after 5'));
    const renewed = withNewest(longer, page([10, 9, 8], 'after 8'));
    expect(numbersOf(renewed)).toEqual([10, 9, 8, 7, 6, 5]);
    expect(renewed.next).toBe('after 5');
  });

  it('keeps the newest state of a refresh', () => {
    const before = withNewest(NOTHING_LOADED, pageOf([runningOf()]));
    expect(withNewest(before, pageOf([summaryOf()])).refreshes).toEqual([summaryOf()]);
  });

  it('starts again if more has happened than fits one page', () => {
    const before = withOlder(withNewest(NOTHING_LOADED, page([5, 4], 'after 4')), page([3]));
    const after = withNewest(before, page([9, 8], 'after 8'));
    expect(numbersOf(after)).toEqual([9, 8]);
    expect(after.next).toBe('after 8');
  });

  it('has every refresh exactly once, whatever begins between two polls', () => {
    const scenario = fc.record({
      size: fc.integer({ min: 1, max: 5 }),
      looks: fc.array(fc.nat(7), { maxLength: 9 }),
    });
    fc.assert(
      fc.property(scenario, ({ size, looks }) => {
        let newest = 3;
        /** As the API answers: from a number downwards, with a token while there are more. */
        const from = (start: number) => {
          const numbers = Array.from({ length: Math.min(size, start) }, (_, index) => start - index);
          return page(numbers, start > size ? String(start - size) : undefined);
        };
        let history = withNewest(NOTHING_LOADED, from(newest));
        for (const begun of looks) {
          if (history.next !== undefined) history = withOlder(history, from(Number(history.next)));
          newest += begun;
          history = withNewest(history, from(newest));
          const numbers = numbersOf(history);
          expect(numbers).toEqual(numbers.map((_, index) => newest - index));
          expect(history.next).toBe(numbers.at(-1) === 1 ? undefined : String((numbers.at(-1) ?? 1) - 1));
        }
      }),
    );
  });
});

describe('The news between two polls', () => {
  const before = withNewest(NOTHING_LOADED, pageOf([runningOf()]));

  it.each([
    { now: [runningOf({ state: 'verifying' })], news: [] },
    { now: [summaryOf()], news: ['Fresh: 1 file, in 4.2 s.'] },
    { now: [summaryOf({ state: 'unasked' })], news: ['Not verified: 1 file.'] },
    { now: [summaryOf({ state: 'failed' })], news: ['Not refreshed: 1 file.'] },
    { now: [runningOf({ id: 'another' }), runningOf()], news: ['A refresh has started.'] },
  ])('is said: $news', ({ now, news }) => {
    expect(newsOf(before, pageOf(now))).toEqual(news);
  });
});
