import { it } from 'vitest';
import { expectOneWinnerEach } from '../helpers/rush.ts';

it('of 1,000 requests at once for 100 ids, 100 create a student that is mailed once, and no other fails worse than 409', () =>
  expectOneWinnerEach(100));
