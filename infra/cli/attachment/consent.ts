import { createInterface } from 'node:readline';
import { CommandError, EXIT } from '../command.ts';
import type { Terminal } from '../terminal/terminal.ts';

/**
 * Asks whether to go on.
 *
 * @throws CommandError unless the answer is yes
 */
export async function requireConsent(question: string, { input, complain }: Terminal): Promise<void> {
  complain(`${question} [y/N]`);
  for await (const line of createInterface({ input })) {
    if (/^y(es)?$/i.test(line.trim())) return;
    break;
  }
  throw new CommandError('Nothing was changed. Answer y, or give --yes.', { exitCode: EXIT.misused });
}
