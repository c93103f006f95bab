import type { Command } from '@commander-js/extra-typings';
import { HAS_EXAMPLE } from '#edition';
import { setting, settingsChecked } from '../attachment-options.ts';
import type { StackAddress } from '../aws/stack.ts';
import { CommandError } from '../command.ts';
import type { Finding, Findings } from '../doctor/finding.ts';
import { addStackOptions, onStack } from '../stack-options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { describeFinding, describeVerdicts } from './doctor-report.ts';

/** What --before is about. */
const ATTACH = HAS_EXAMPLE
  ? "of AutoInvalidation, to a site that exists (default: the school's site)"
  : 'of an attachment to a site that exists, as always';

const USAGE = `--before [--attach] [-c <name=value> ...] [options]
       … --stack <name> [--many-paths] [options]`;

const MORE_HELP = `
--before changes nothing. It takes the same -c options as npx cdk deploy, which also choose the stack's name and region.
Exit codes: 0, nothing is refuted; 1, something is, or the command failed; 2, the arguments are wrong.`;

export function define(command: Command, terminal: Terminal): void {
  const options = command
    .description(
      'Looks for whatever would keep a deployment from working, or proves that a deployed system works.',
    )
    .usage(USAGE)
    .optionsGroup('Before a deployment:')
    .option('--before', 'look at all that it depends on; say of each problem what to do')
    .option('--attach', ATTACH)
    .option('-c, --context <name=value>', 'a setting, as given to npx cdk deploy; repeatable', setting)
    .optionsGroup('After it:')
    .option('--many-paths', 'also try 3,000 paths at once, which costs the most')
    .optionsGroup('Options:')
    .option('--json', 'print the findings as JSON');
  addStackOptions(options)
    .addHelpText('after', MORE_HELP)
    .action(async ({ before, attach, context, manyPaths, json = false, ...address }, self) => {
      const given = (name: 'stack' | 'region') => self.getOptionValueSource(name) === 'cli';
      if (!before) {
        if (attach || context !== undefined) self.error('--attach and -c are for --before');
        await prove(address, { manyPaths: manyPaths ?? false, json }, terminal);
        return;
      }
      if (manyPaths) self.error('--many-paths is for a deployed stack, not for --before');
      if (given('stack'))
        self.error('With --before, -c stackName=NAME names the stack, as in npx cdk deploy');
      const { attachmentOf, schoolOf } = await import('../doctor/before/target.ts');
      const target = settingsChecked(
        () => (attach || !HAS_EXAMPLE ? attachmentOf : schoolOf)({ context: context ?? {}, address }),
        context,
      );
      if (given('region') && address.region !== target.region)
        self.error(
          `The deployment goes to ${target.region}, not to ${address.region}: -c region=… says so for --attach`,
        );
      const { examine } = await import('../doctor/before/before.ts');
      const { openPorts } = await import('../doctor/before/aws/ports.ts');
      terminal.progress.update(() => 'Asking AWS');
      const there = { ...address, stack: target.stackName, region: target.region };
      await onStack(there, ({ client }) =>
        report(examine(target, openPorts(client, target)), { json }, terminal),
      );
    });
}

interface ProofOptions {
  readonly manyPaths: boolean;
  readonly json: boolean;
}

function prove(address: StackAddress, { manyPaths, json }: ProofOptions, terminal: Terminal): Promise<void> {
  return onStack(address, async stack => {
    const { costOfProof, prove } = await import('../doctor/proof/prove.ts');
    terminal.progress.step(costOfProof({ manyPaths }));
    await report(prove(stack, { manyPaths }), { json }, terminal);
  });
}

/** @throws CommandError if something is refuted */
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
  if (made.some(({ verdict }) => verdict === 'refuted')) throw new CommandError(summary);
  if (!json) print(summary);
}
