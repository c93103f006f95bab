import type { TestProject } from 'vitest/node';
import { ensureAssembly } from '../../infra/assembly.ts';
import { ATTACHED } from '../fixtures/existing-names.ts';
import { BRIDGED } from './assembly.ts';

/** Synthesises both stacks unless they are kept: what is tested is what would deploy. */
export async function synthesise(): Promise<void> {
  await ensureAssembly({ context: ATTACHED });
}

/** Synthesises them with their events by EventBridge. @returns the folder of the assembly */
export function synthesiseBridged(): Promise<string> {
  return ensureAssembly({ context: BRIDGED });
}

/** Called by vitest before a suite that needs the assembly. A watched one may need another. */
export async function setup(project: TestProject): Promise<void> {
  await synthesise();
  project.onTestsRerun(synthesise);
}
