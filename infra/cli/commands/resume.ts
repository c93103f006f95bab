import type { Command } from '@commander-js/extra-typings';
import type { Resumed } from '../../../shared/refresh/pause.ts';
import { openPipeline } from '../aws/pipeline.ts';
import type { Stack } from '../aws/stack.ts';
import { resumeStack } from '../pausing.ts';
import { addStackOptions, onStack } from '../stack-options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { counted } from '../terminal/words.ts';

export function define(command: Command, { print }: Terminal): void {
  const options = command
    .description(
      'Ends a pause: one refresh of each distribution takes everything that was collected. Safe to repeat if it was interrupted.',
    )
    .option('--json', 'print the refreshes as JSON');
  addStackOptions(options).action(async ({ json, ...address }) => {
    const resumed = await onStack(address, end);
    print(json ? JSON.stringify(resumed ?? []) : describe(resumed));
  });
}

/** @returns undefined if nothing is paused */
async function end(stack: Stack): Promise<Resumed[] | undefined> {
  const pipeline = await openPipeline(stack);
  const pause = await pipeline.table.pauses.current();
  return pause === undefined ? undefined : await resumeStack(pause, stack, pipeline);
}

function describe(resumed: readonly Resumed[] | undefined): string {
  if (resumed === undefined) return 'Nothing is paused.';
  if (resumed.length === 0) return 'Resumed: nothing changed meanwhile.';
  return resumed
    .map(
      ({ refreshId, changes, distributionId }) =>
        `Refresh ${refreshId}: ${counted(changes, 'change')} of ${distributionId}`,
    )
    .join('\n');
}
