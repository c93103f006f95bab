import { it } from 'vitest';
import { expectOneWinnerEach } from '../helpers/rush.ts';

it('Of 200 concurrent requests for 20 ids, 20 create a student, who is mailed once, and no answer is worse than 409', () =>
  expectOneWinnerEach(20));
