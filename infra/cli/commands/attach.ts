import type { Command } from '@commander-js/extra-typings';
import { spell } from '../../../shared/edition/spell.ts';
import type { AttachmentSettings } from '../../settings.ts';
import { requireConsent } from '../attachment/consent.ts';
import { checkPlace, deploy, ownBucketName, prefixOf } from '../attachment/deployment.ts';
import { describePlan } from '../attachment/plan.ts';
import { addAttachmentOptions, attachmentSettings, contextOf } from '../attachment-options.ts';
import { openAssetsBucket } from '../aws/assets-bucket.ts';
import { openAttachedStack } from '../aws/attached-stack.ts';
import type { Stack, StackAddress } from '../aws/stack.ts';
import { CommandError } from '../command.ts';
import { openPorts } from '../doctor/before/aws/ports.ts';
import { examine } from '../doctor/before/before.ts';
import { attachmentOf, type Target } from '../doctor/before/target.ts';
import { addAccountOptions, onStack } from '../stack-options.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { describeFinding, describeVerdicts } from './doctor-report.ts';

const MORE_HELP = `
Checks all that it depends on, shows what it will make and what that costs, and asks. It needs no CDK and no bootstrap. Run it again to update, or after an interruption.`;

export function define(command: Command, terminal: Terminal): void {
  const options = command
    .description('Attaches the pipeline to a bucket and the distributions that show it.')
    .option('--assets-bucket <name>', "a bucket of yours for the functions' code (default: one is made)")
    .option('--yes', 'do not ask')
    .option('--json', 'print what was made as JSON; needs --yes');
  addAccountOptions(addAttachmentOptions(options).optionsGroup('Which account:'))
    .addHelpText('after', MORE_HELP)
    .action(async ({ assetsBucket, yes = false, json = false, ...given }, self) => {
      if (json && !yes) self.error('--json asks nothing: give --yes as well');
      const settings = attachmentSettings(given);
      const target = { ...attachmentOf({ context: contextOf(given), address: given }), isByAttach: true };
      const address: StackAddress = { ...given, stack: settings.stackName, region: settings.region };
      const isLocal = given.local ?? false;
      await onStack(address, stack =>
        attach(stack, { settings, target, assetsBucket, yes, json, isLocal }, terminal),
      );
    });
}

interface AttachOptions {
  readonly settings: AttachmentSettings;
  readonly target: Target;
  readonly assetsBucket: string | undefined;
  readonly yes: boolean;
  readonly json: boolean;
  readonly isLocal: boolean;
}

async function attach(stack: Stack, options: AttachOptions, terminal: Terminal): Promise<void> {
  const { settings, target, yes, json, isLocal } = options;
  const account = await requireSound(target, stack, json, terminal);
  const place = { account, stackName: stack.name, region: settings.region };
  const { assetsBucket = ownBucketName(place) } = options;
  const parts = {
    stack: openAttachedStack(stack, isLocal),
    bucket: openAssetsBucket(stack.client, assetsBucket, account),
    step: terminal.progress.step,
  };
  const checked = await checkPlace(place, settings.bucket, parts);
  // With the CDK, which nothing before needs.
  const { assembleAttachment } = await import('../attachment/assemble.ts');
  const attachment = assembleAttachment(settings, prefixOf(place));
  if (!json) terminal.print(describePlan(attachment, checked, place, assetsBucket));
  if (!yes) await requireConsent('Go on?', terminal);
  const changes = await deploy(attachment, checked, place, parts);
  const { stackName, region } = place;
  terminal.print(
    json ? JSON.stringify({ stack: stackName, region, assetsBucket, changes }) : ended(changes, stackName),
  );
}

const ended = (changes: 'changes' | 'none', stackName: string) =>
  changes === 'none'
    ? `${stackName} is up to date.`
    : `${stackName} is attached. Follow the link that SES mails to a new sender. To prove that all of it works: ${spell('doctor', `--stack ${stackName}`)}`;

/** @returns the account @throws CommandError if the doctor refutes anything */
async function requireSound(
  target: Target,
  { client }: Pick<Stack, 'client'>,
  isQuiet: boolean,
  { print, complain, page, progress }: Terminal,
): Promise<string> {
  progress.update(() => 'Asking AWS');
  const ports = openPorts(client, target);
  const findings = [];
  for await (const finding of examine(target, ports)) {
    findings.push(finding);
    if (!isQuiet) print(describeFinding(finding, page));
    else if (finding.verdict === 'refuted') complain(describeFinding(finding, page));
  }
  const refuted = findings.some(({ verdict }) => verdict === 'refuted');
  if (refuted) throw new CommandError(`Nothing was changed: ${describeVerdicts(findings)}`);
  const caller = await ports.account.caller();
  if ('account' in caller) return caller.account;
  throw new CommandError(caller.refusal);
}
