import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Synthesises the template once per run: the suites test what would deploy. */
export default async function synthesise(): Promise<void> {
  await promisify(execFile)('npx', ['cdk', 'synth', '--quiet']);
}
