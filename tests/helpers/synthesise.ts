import { ensureAssembly } from '../../infra/assembly.ts';
import { ATTACHED } from '../fixtures/existing-names.ts';

/** Synthesises both stacks unless they are kept: the suites test what would deploy. */
export async function setup(): Promise<void> {
  await ensureAssembly({ context: ATTACHED });
}
