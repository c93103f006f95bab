import { spell } from '../../../../shared/edition/spell.ts';
import type { Stack } from '../../aws/stack.ts';

type Named = Pick<Stack, 'name' | 'client'>;

/** A command about a stack, as its user types it. */
export function commandFor(command: string, { name, client }: Named, args = ''): string {
  return spell(command, `--stack ${name} --region ${client.region}${args === '' ? '' : ` ${args}`}`);
}

/** What to do where the edge shows something old. */
export function purgeEverything(stack: Named): string {
  return `Purge everything: ${commandFor('refresh', stack, "--paths '/*' --wait")} (RUNBOOK.md#refresh-failed)`;
}
