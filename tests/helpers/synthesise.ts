import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Synthesises the template once per run: the suites test what would deploy. */
export async function setup(): Promise<void> {
  await promisify(execFile)('npx', ['cdk', 'synth', '--quiet']);
}
