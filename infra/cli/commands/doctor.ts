import type { Command } from '@commander-js/extra-typings';
import { CommandError, EXIT } from '../command.ts';
import type { Finding, Findings } from '../doctor/finding.ts';
import { addStackOptions, onStack } from '../stack-options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { describeFinding, describeVerdicts } from './doctor-report.ts';

const MORE_HELP = `
Exit codes: 0, all is confirmed; 1, something is refuted; 2, the arguments are wrong; 3, nothing is refuted, but something could not be tested here.`;

export function define(command: Command, terminal: Terminal): void {
  const options = command
    .description('Proves that a deployed system works, with objects of its own that it removes again.')
    .option('--many-paths', 'also try 3,000 paths at once, which costs the most')
    .option('--json', 'print the findings as JSON');
  addStackOptions(options)
    .addHelpText('after', MORE_HELP)
    .action(({ manyPaths = false, json = false, ...address }) =>
      onStack(address, async stack => {
        const { costOfProof, prove } = await import('../doctor/proof/prove.ts');
        terminal.progress.step(costOfProof({ manyPaths }));
        await report(prove(stack, { manyPaths }), { json }, terminal);
      }),
    );
}

/** @throws CommandError unless all is confirmed */
async function report(
  findings: Findings,
  { json }: { readonly json: boolean },
  { page, print }: Terminal,
): Promise<void> {
  const made: Finding[] = [];
  try {
    for await (const finding of findings) {
      made.push(finding);
      if (!json) print(describeFinding(finding, page));
    }
  } finally {
    if (json) print(JSON.stringify(made));
  }
  const summary = describeVerdicts(made);
  const has = (verdict: Finding['verdict']) => made.some(finding => finding.verdict === verdict);
  if (has('refuted')) throw new CommandError(summary);
  if (has('untestable')) throw new CommandError(summary, { exitCode: EXIT.unverified });
  if (!json) print(summary);
}
