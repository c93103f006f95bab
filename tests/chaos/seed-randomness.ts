import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { currentActor } from './actors.ts';
import { below, createRandom } from './random.ts';

/**
 * Makes all randomness in this process follow the seed: names and back-off, for example. Each actor
 * draws from a sequence of its own, because a module that is loaded for one actor must not change
 * what another one draws.
 */
export function seedRandomness(seed: number): void {
  const nobodys = createRandom(seed);
  const random = () => (currentActor()?.random ?? nobodys)();
  const hex = (digits: number) =>
    below(16 ** digits, random)
      .toString(16)
      .padStart(digits, '0');
  const randomUUID = () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(6)}${hex(6)}`;
  const randomInt = (min: number, max?: number) =>
    max === undefined ? below(min, random) : min + below(max - min, random);
  Math.random = random;
  Object.assign(crypto, { randomUUID, randomInt });
  Object.assign(globalThis.crypto, { randomUUID });
  syncBuiltinESMExports();
}
