import { describe, it } from 'vitest';
import { expectRoundTrip } from './round-trip.ts';

describe('A backup of 5,000 students', () => {
  it('restored into an empty table is equal item by item', () => expectRoundTrip(5000));
});
