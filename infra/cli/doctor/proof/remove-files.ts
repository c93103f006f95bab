import type { Refresh } from '../../../../shared/refresh/refresh.ts';
import { counted } from '../../terminal/words.ts';
import { confirmed, type Finding, judged, refuted } from '../finding.ts';
import { purgeEverything } from './remedies.ts';
import type { Trial } from './trial.ts';
import { OutOfPatienceError, type Waiting } from './waiting.ts';

const ABOUT = 'the doctor’s files are removed again';

/**
 * Removes what the doctor uploaded, and waits until the edge has been refreshed of it. It goes on
 * when everything else is stopped.
 */
export async function removeFiles({ files, refreshes, stack }: Trial, patienceMs: number): Promise<Finding> {
  const { removed, left } = await files.removeAll();
  if (left.length > 0) {
    return {
      about: ABOUT,
      ...refuted(
        `${counted(left.length, 'file')} could not be removed: ${left.slice(0, 3).join(', ')}${left.length > 3 ? ', …' : ''}`,
        `Remove them: aws s3 rm s3://${files.bucket}/${files.prefix} --recursive`,
      ),
    };
  }
  const evidence = `${counted(removed.length, 'file')} below ${files.prefix}`;
  if (removed.length === 0) return { about: ABOUT, ...confirmed('none was left to be removed') };
  const waiting: Waiting = { patienceMs, signal: new AbortController().signal };
  try {
    const followed = await refreshes.follow(removed, { change: 'removed', waiting });
    return judgeRemoval(evidence, followed, purgeEverything(stack));
  } catch (error) {
    if (!(error instanceof OutOfPatienceError)) throw error;
    return { about: ABOUT, ...refuted(`${evidence}, but: ${error.message}`, purgeEverything(stack)) };
  }
}

function judgeRemoval(evidence: string, refreshes: readonly Refresh[], remedy: string): Finding {
  const failed = refreshes.find(({ state }) => state === 'failed');
  const ended = refreshes.map(({ id, state }) => `${id} (${state})`).join(', ');
  return {
    about: ABOUT,
    ...judged(failed === undefined, `${evidence}; refreshed by ${ended}`, remedy),
  };
}
