import type { TestProject } from 'vitest/node';
import { ensureAssembly } from '../../infra/assembly.ts';
import { ATTACHED } from '../fixtures/existing-names.ts';

/** Synthesises both stacks unless they are kept: what is tested is what would deploy. */
export async function synthesise(): Promise<void> {
  await ensureAssembly({ context: ATTACHED });
}

/** Called by vitest before a suite that needs the assembly. A watched one may need another. */
export async function setup(project: TestProject): Promise<void> {
  await synthesise();
  project.onTestsRerun(synthesise);
}
