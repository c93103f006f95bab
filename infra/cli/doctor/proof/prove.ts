import { readCdkJson } from '../../../settings.ts';
import type { Stack } from '../../aws/stack.ts';
import { CommandError, messageOf } from '../../command.ts';
import { counted, dollars } from '../../terminal/words.ts';
import { isDenied, isServiceError } from '../aws-errors.ts';
import { type Finding, type Findings, refuted, untestable } from '../finding.ts';
import { judgeEdge, openTrial } from './open-trial.ts';
import { api } from './probes/api.ts';
import { burst } from './probes/burst.ts';
import { deployment } from './probes/deployment.ts';
import { lifeOfAFile } from './probes/life-of-a-file.ts';
import { mail } from './probes/mail.ts';
import { manyPaths } from './probes/many-paths.ts';
import { otherRegion } from './probes/other-region.ts';
import { pathSemantics } from './probes/path-semantics.ts';
import { commandFor } from './remedies.ts';
import { removeFiles } from './remove-files.ts';
import type { Probe, Trial } from './trial.ts';
import { OutOfPatienceError } from './waiting.ts';

export interface ProofOptions {
  /** Whether an invalidation of 3,000 paths is tried as well. */
  readonly manyPaths: boolean;
}

/** Everything that is asked. The API and the mails are about the refreshes before them. */
function probesFor(options: ProofOptions): readonly Probe[] {
  const usual = [lifeOfAFile, burst, pathSemantics, api, otherRegion, mail, deployment];
  return options.manyPaths ? [...usual, manyPaths] : usual;
}

/** A refresh takes about a minute, unless CloudFront's quota holds it up. */
const PATIENCE_MS = 15 * 60_000;

/**
 * Proves a deployed system with files of its own, which it removes again, also if it is stopped by
 * Ctrl-C or fails.
 *
 * @throws CommandError if it was stopped
 */
export function prove(stack: Stack, options: ProofOptions): Findings {
  return runProbes(probesFor(options), stack);
}

/** What a proof costs at most, in sentences for people. */
export function costOfProof(options: ProofOptions): string {
  const { pathPriceUsd, freePathsPerMonth } = readCdkJson();
  const costs = probesFor(options).map(({ cost }) => cost);
  const files = costs.reduce((sum, each) => sum + each.files, 0);
  // Each file may take a path once more when it is removed.
  const paths = costs.reduce((sum, each) => sum + each.paths, files);
  return `It uploads ${counted(files, 'small file')}, and removes them again. It takes up to ${counted(paths, 'invalidation path')} of each distribution: nothing while the month's ${counted(freePathsPerMonth, 'free path')} last, else ${dollars(paths * pathPriceUsd)}. Requests cost less than a cent. The site's mails tell of each refresh.`;
}

interface RunOptions {
  /** How long to wait for any one thing, in milliseconds. @default 15 minutes */
  readonly patienceMs?: number;
}

/** Runs some probes, and removes their files. */
export async function* runProbes(
  probes: readonly Probe[],
  stack: Stack,
  { patienceMs = PATIENCE_MS }: RunOptions = {},
): Findings {
  using stop = stoppedByUser();
  const trial = await openTrial(stack, { patienceMs, signal: stop.signal }).catch(unreadable);
  if (!('files' in trial)) {
    yield trial;
    return;
  }
  let removed: Promise<Finding> | undefined;
  const remove = () => (removed ??= removeFiles(trial, patienceMs));
  try {
    yield* runAll(probes, trial);
    yield await remove();
  } catch (error) {
    yield await remove();
    throw stop.signal.aborted ? new CommandError('Stopped: what is above was found so far') : error;
  } finally {
    // Whoever stops listening gets here straight away.
    await remove();
  }
}

/** Aborted by the first Ctrl-C. The second one ends the process, as ever. */
function stoppedByUser(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const stop = () => controller.abort();
  process.once('SIGINT', stop);
  return { signal: controller.signal, [Symbol.dispose]: () => void process.off('SIGINT', stop) };
}

async function* runAll(probes: readonly Probe[], trial: Trial): Findings {
  const edge = await judgeEdge(trial);
  yield edge;
  for (const probe of probes) {
    if (!probe.asksEdge || edge.verdict === 'confirmed') yield* runOne(probe, trial);
    else yield { about: probe.name, ...untestable('the edge cannot be asked') };
  }
}

async function* runOne(probe: Probe, trial: Trial): Findings {
  try {
    yield* probe.run(trial);
  } catch (error) {
    if (trial.waiting.signal.aborted) throw error;
    yield findingOf(error, probe, trial.stack);
  }
}

/** Why a probe did not come to its end. @throws whatever is not about the system, but a bug */
function findingOf(error: unknown, { name: about }: Probe, stack: Stack): Finding {
  if (error instanceof OutOfPatienceError) {
    const remedy = `See what is waiting: ${commandFor('status', stack)}`;
    return { about, ...refuted(error.message, remedy) };
  }
  if (isServiceError(error) && isDenied(error)) return denied(about, error);
  if (isServiceError(error) || error instanceof CommandError)
    return { about, ...untestable(messageOf(error)) };
  throw error;
}

function unreadable(error: unknown): Finding {
  if (isServiceError(error) && isDenied(error)) return denied('the stack and its functions', error);
  throw error;
}

const denied = (about: string, error: Error): Finding => ({
  about,
  ...untestable(
    messageOf(error),
    'Use credentials that may: infra/cli/README.md lists the permissions of the doctor.',
  ),
});
