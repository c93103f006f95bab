import { it } from 'vitest';
import { expectOneWinnerEach } from '../helpers/rush.ts';

it('Of 1,000 concurrent requests for 100 ids, 100 create a student, who is mailed once, and no answer is worse than 409', () =>
  expectOneWinnerEach(100));
