import { createHmac } from 'node:crypto';

/**
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
 */
const ALGORITHMS = ['md5', 'sha1', 'sha256'];
const ENCODINGS = ['hex', 'base64', 'base64url'] as const;

/**
 * HMAC for `REQUIRE_CRYPTO`. It takes and returns only strings.
 *
 * @returns undefined if CloudFront does not know the algorithm, or the encoding is not emulated
 */
export function hmacInFunction(
  algorithm: string,
  key: string,
  text: string,
  encoding: string,
): string | undefined {
  const known = ENCODINGS.find(each => each === encoding);
  if (known === undefined || !ALGORITHMS.includes(algorithm)) return undefined;
  return createHmac(algorithm, key).update(text).digest(known);
}

/**
 * Script that gives an edge function `require('crypto')`, with HMAC alone. It takes `__hmac` out of
 * the function's reach and lets none of its errors out: both would lead to the host.
 */
export const REQUIRE_CRYPTO = `
  (() => {
    const hmac = globalThis.__hmac;
    delete globalThis.__hmac;
    const digestOf = (...strings) => {
      try { return hmac(...strings); } catch { return undefined; }
    };
    const createHmac = (algorithm, key) => {
      let text = '';
      return {
        update(more) { text += String(more); return this; },
        digest(encoding) {
          const digest = digestOf(String(algorithm), String(key), text, String(encoding));
          if (digest === undefined) throw new Error('No such HMAC: ' + algorithm + ', ' + encoding);
          return digest;
        },
      };
    };
    globalThis.require = name => {
      if (name === 'crypto') return { createHmac };
      throw new Error('Cannot find module "' + name + '"');
    };
  })();`;
