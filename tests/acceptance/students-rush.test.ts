import { it } from 'vitest';
import { expectOneWinnerEach } from '../helpers/rush.ts';

it('of 200 requests at once for 20 ids, 20 create a student that is mailed once, and no other fails worse than 409', () =>
  expectOneWinnerEach(20));
