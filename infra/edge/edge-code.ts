import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { CookieKeys } from '../../shared/school/session/signed-cookie.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Code of the CloudFront Function in front of the API.
 *
 * @param apiKey the key's value, or what CloudFormation resolves to it
 */
export function apiRequestCode(apiKey: string): string {
  const source = readFileSync(new URL('api-request.js', import.meta.url), 'utf8');
  // CloudFront runs scripts, not modules.
  return source.replace('export function', 'function').replace('API_KEY_PLACEHOLDER', () => apiKey);
}

export interface SessionRequestSettings {
  /** The value of the edge's own API key. */
  readonly apiKey: string;
  readonly keys: CookieKeys;
}

/**
 * Code of the CloudFront Function that lets only people with a session reach the API.
 *
 * @param settings values, or what CloudFormation resolves to them. They become strings in single
 * quotes, so they may contain neither a quote, nor a backslash, nor a line break.
 * @throws esbuild's `BuildFailure` if a module uses syntax that CloudFront does not know; Error if
 * the bundle is not the script that this function expects
 */
export function sessionRequestCode({ apiKey, keys }: SessionRequestSettings): string {
  const values: Readonly<Record<string, string>> = {
    API_KEY: apiKey,
    PREVIOUS_ID: keys.previous.id,
    PREVIOUS_SECRET: keys.previous.secret,
    CURRENT_ID: keys.current.id,
    CURRENT_SECRET: keys.current.secret,
    NEXT_ID: keys.next.id,
    NEXT_SECRET: keys.next.secret,
  };
  return script('session-request.ts').replace(/"([A-Z_]+)_PLACEHOLDER"/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`There is no value for ${name}`);
    return `'${value}'`;
  });
}

/**
 * Bundles a module into a script with a global `handler`, since CloudFront runs scripts, not
 * modules. Its engine knows ES5 and the later features that are named here; esbuild refuses what it
 * cannot turn into these.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
 */
function script(entryPoint: string): string {
  const { outputFiles } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [`infra/edge/${entryPoint}`],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    external: ['node:crypto'],
    target: 'es5',
    supported: { 'const-and-let': true, arrow: true, 'template-literal': true },
    legalComments: 'none',
    // The error that it throws says everything.
    logLevel: 'silent',
  });
  const module = outputFiles[0]?.text ?? '';
  const code = module
    .replace('import crypto from "node:crypto";', "const crypto = require('crypto');")
    .replace(/export \{\s*handler\s*\};\s*$/, '');
  if (/^\s*(?:import|export)\b/m.test(code)) throw new Error(`${entryPoint} is more than a handler`);
  return code;
}
