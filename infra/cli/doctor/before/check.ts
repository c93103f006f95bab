import { DeploymentRefusedError, SecretUnusableError } from '../../../../shared/errors.ts';
import { type Finding, type Findings, type Outcome, refuted, untestable } from '../finding.ts';
import { UnansweredError } from './asking.ts';

/** One line of the report. */
export interface Check {
  readonly about: string;
  /** Every refusal and every question without an answer becomes an outcome. */
  readonly find: () => Promise<Outcome>;
}

/** Makes all checks at once, and tells what they find in their order. */
export async function* run(checks: readonly Check[]): Findings {
  const findings = checks.map(findingOf);
  // One that fails while another is waited for must not end the process: it is waited for below.
  for (const finding of findings) finding.catch(() => undefined);
  for (const finding of findings) yield await finding;
}

async function findingOf({ about, find }: Check): Promise<Finding> {
  try {
    return { about, ...(await find()) };
  } catch (error) {
    if (error instanceof UnansweredError) return { about, ...untestable(error.message) };
    if (error instanceof DeploymentRefusedError || error instanceof SecretUnusableError)
      return { about, ...refusedBy(error) };
    throw error;
  }
}

/** A deployment's refusal says in its first sentence what is wrong, and then what to do. */
function refusedBy({ message }: Error): Outcome {
  const [, wrong = message, remedy = ''] = /^(.+?\.) (?=[A-Z])(.+)$/s.exec(message) ?? [];
  return refuted(wrong.replace(/\.$/, ''), remedy);
}
