import { expect, it } from 'vitest';
import { pauseMs } from '../../../../web/cache/pace.ts';

const DAY_MS = 86_400_000;

it('The panel polls often while a refresh runs', () => {
  expect(pauseMs({ runningForMs: 5000, failures: 0 })).toBe(2000);
});

it('The panel stays within the API’s daily quota, idle or with a refresh that waits all day', () => {
  expect(DAY_MS / pauseMs({ failures: 0 })).toBeLessThan(10_000);
  const requestsPerLook = 2;
  expect((requestsPerLook * DAY_MS) / pauseMs({ runningForMs: 600_000, failures: 0 })).toBeLessThan(10_000);
});

it('The panel backs off while the API fails, and honours Retry-After', () => {
  const pauses = [1, 2, 3, 9].map(failures => pauseMs({ runningForMs: 0, failures }));
  expect(pauses).toEqual([10_000, 20_000, 40_000, 160_000]);
  expect(pauseMs({ failures: 1, retryAfterSeconds: 60 })).toBe(60_000);
});
