import { randomUUID } from 'node:crypto';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { type Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { spell } from '../../../shared/edition/spell.ts';
import type { Pause } from '../../../shared/refresh/pause.ts';
import { openPipeline } from '../aws/pipeline.ts';
import type { Stack } from '../aws/stack.ts';
import { pauseWords, resumeStack } from '../pausing.ts';
import { addStackOptions, onStack } from '../stack-options.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function define(command: Command, { print }: Terminal): void {
  const options = command
    .description(
      `Keeps uploads from being refreshed until ${spell('resume')}. They are collected meanwhile; refreshes that have begun end as usual.`,
    )
    .option('--reason <text>', `why: ${spell('status')} and the cache panel show it`, reason)
    .option('--json', 'print the pause as JSON');
  addStackOptions(options).action(async ({ reason, json, ...address }) => {
    const pause = await onStack(address, stack => begin(reason, stack));
    print(json ? JSON.stringify(pause) : pauseWords(pause));
  });
}

const LONGEST_REASON = 200;

function reason(text: string): string {
  if (text !== '' && text.length <= LONGEST_REASON) return text;
  throw new InvalidArgumentError(`It must be 1 to ${LONGEST_REASON} characters.`);
}

/** @returns the new pause, or the one that there is already */
async function begin(reason: string | undefined, stack: Stack): Promise<Pause> {
  const pipeline = await openPipeline(stack);
  const { pauses } = pipeline.table;
  const former = await pauses.current();
  // What a pause holds is in a refresh before there is another pause.
  if (former?.resumedAt !== undefined) await resumeStack(former, stack, pipeline);
  const pause = {
    id: randomUUID(),
    since: new Date().toISOString(),
    by: await callerOf(stack),
    ...(reason === undefined ? {} : { reason }),
  };
  return (await pauses.begin(pause)) ? pause : ((await pauses.current()) ?? pause);
}

async function callerOf({ client }: Stack): Promise<string> {
  const { Arn = 'an unknown caller' } = await new STSClient(client).send(new GetCallerIdentityCommand({}));
  return Arn;
}
