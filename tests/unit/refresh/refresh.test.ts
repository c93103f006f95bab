import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  callerReferenceOf,
  isNewer,
  isRefreshId,
  newestPerKey,
  refreshIdOf,
  refreshOfCallerReference,
} from '../../../shared/refresh/refresh.ts';
import { changeOf } from '../../helpers/changes.ts';

const event = (sequencer: string) => changeOf('a.html', { sequencer });
const anySequencer = fc.string({ unit: fc.constantFrom(...'0123456789ABCDEF'), maxLength: 24 });

describe('the order of the events of one object', () => {
  it.each([
    { earlier: '0055', later: '0056', because: 'it is greater' },
    { earlier: '0055', later: '005501', because: 'the shorter one is padded on the right' },
    { earlier: '0055FF', later: '0056', because: 'length does not count' },
    { earlier: '9', later: 'A', because: 'digits come before letters' },
    { earlier: '', later: '01', because: 'none at all is the oldest' },
  ])('$later is after $earlier: $because', ({ earlier, later }) => {
    expect(isNewer(event(later), event(earlier))).toBe(true);
    expect(isNewer(event(earlier), event(later))).toBe(false);
  });

  it.each([
    ['0055', '0055'],
    ['0055', '005500'],
    ['', ''],
  ])('%s and %s are the same moment', (a, b) => {
    expect(isNewer(event(a), event(b))).toBe(false);
    expect(isNewer(event(b), event(a))).toBe(false);
  });

  it('is the order of the numbers after a hexadecimal point', () => {
    fc.assert(
      fc.property(anySequencer, anySequencer, (a, b) => {
        const [left, right] = [a, b].map(digits => BigInt(`0x${digits.padEnd(24, '0')}`));
        expect(isNewer(event(a), event(b))).toBe(left !== undefined && right !== undefined && left > right);
      }),
    );
  });
});

describe('the newest change of each object', () => {
  it('does not depend on the order in which events arrive', () => {
    const changes = fc.uniqueArray(fc.record({ key: fc.constantFrom('a', 'b', 'c'), number: fc.nat(15) }), {
      selector: ({ key, number }) => `${key}${number}`,
    });
    fc.assert(
      fc.property(changes, fc.infiniteStream(fc.nat()), (picked, randoms) => {
        const events = picked.map(({ key, number }) =>
          changeOf(key, { sequencer: number.toString(16).toUpperCase() }),
        );
        const arrived = events
          .map(change => ({ change, rank: randoms.next().value }))
          .sort((a, b) => a.rank - b.rank)
          .map(({ change }) => change);
        expect(new Set(newestPerKey(arrived))).toEqual(new Set(newestPerKey(events)));
      }),
    );
  });
});

describe('the id of a refresh', () => {
  it('says when it began', () => {
    const uuid = 'abcd1234-0000-4000-8000-000000000000';
    expect(refreshIdOf(new Date('2026-11-02T10:20:30.999Z'), uuid)).toBe('20261102T102030Z-abcd1234');
  });

  const anyTime = fc.date({ min: new Date('2024-01-01'), max: new Date('2100-01-01'), noInvalidDate: true });

  it('is a valid execution name, and is found in the caller references of its plans', () => {
    fc.assert(
      fc.property(anyTime, fc.uuid(), fc.nat(), (time, uuid, planNumber) => {
        const id = refreshIdOf(time, uuid);
        expect(id).toMatch(/^[0-9A-Za-z_-]{1,80}$/);
        expect(isRefreshId(id)).toBe(true);
        expect(refreshOfCallerReference(callerReferenceOf(id, planNumber))).toBe(id);
      }),
    );
  });

  it.each(['', 'others 15', '20261102T102030Z-abcd1234', '20261102T102030Z-abcd123-1', '2026-1'])(
    'is in no other caller reference: %j',
    callerReference => {
      expect(refreshOfCallerReference(callerReference)).toBeUndefined();
    },
  );

  it('sorts by time', () => {
    fc.assert(
      fc.property(anyTime, anyTime, fc.uuid(), fc.uuid(), (a, b, first, second) => {
        fc.pre(Math.floor(a.getTime() / 1000) < Math.floor(b.getTime() / 1000));
        expect(refreshIdOf(a, first) < refreshIdOf(b, second)).toBe(true);
      }),
    );
  });
});
