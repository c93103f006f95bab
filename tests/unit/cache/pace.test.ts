import { expect, it } from 'vitest';
import { pauseMs } from '../../../web/cache/pace.ts';

it('looks often while a refresh runs, and seldom enough for the API’s daily quota while none does', () => {
  expect(pauseMs({ isLive: true, failures: 0 })).toBe(2000);
  expect(86_400_000 / pauseMs({ isLive: false, failures: 0 })).toBeLessThan(10_000);
});

it('waits longer and longer while the API fails, and as long as it asks for', () => {
  const pauses = [1, 2, 3, 9].map(failures => pauseMs({ isLive: true, failures }));
  expect(pauses).toEqual([10_000, 20_000, 40_000, 160_000]);
  expect(pauseMs({ isLive: true, failures: 1, retryAfterSeconds: 60 })).toBe(60_000);
});
