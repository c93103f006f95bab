import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { ATTACHED } from '../fixtures/existing-names.ts';

/** Synthesises the templates once per run: the suites test what would deploy. */
export async function setup(): Promise<void> {
  const attached = Object.entries(ATTACHED).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  await promisify(execFile)('npx', ['cdk', 'synth', '--quiet', ...attached]);
}
