import type { Command } from '@commander-js/extra-typings';
import { requireConsent } from '../attachment/consent.ts';
import { detach } from '../attachment/deployment.ts';
import { openAssetsBucket } from '../aws/assets-bucket.ts';
import { openAttachedStack } from '../aws/attached-stack.ts';
import { CommandError } from '../command.ts';
import { createAccount } from '../doctor/before/aws/account.ts';
import { addAccountOptions, onStack } from '../stack-options.ts';
import type { Terminal } from '../terminal/terminal.ts';

const MORE_HELP = `
The bucket and the distributions of the site stay, and lose the notification that attach has added. Run it again after an interruption.`;

export function define(command: Command, terminal: Terminal): void {
  const options = command
    .description('Takes away all that attach has made: the stack, its code, and the bucket of the code.')
    .option('--assets-bucket <name>', 'the bucket that attach was given, if its stack is gone already')
    .option('--yes', 'do not ask')
    .option('--json', 'print what was removed as JSON; needs --yes')
    .optionsGroup('Which stack:')
    .option('--stack <name>', 'name of the stack', 'AutoInvalidation')
    .option('--region <region>', 'region of the stack', 'us-east-1');
  addAccountOptions(options)
    .addHelpText('after', MORE_HELP)
    .action(async ({ assetsBucket, yes = false, json = false, ...address }, self) => {
      if (json && !yes) self.error('--json asks nothing: give --yes as well');
      await onStack(address, async stack => {
        const caller = await createAccount(stack.client).caller();
        if ('refusal' in caller) throw new CommandError(`${caller.refusal}\nSign in as for the AWS CLI.`);
        const place = { account: caller.account, stackName: stack.name, region: address.region };
        if (!yes) await requireConsent(`Remove the stack ${stack.name} in ${address.region}?`, terminal);
        await detach(place, name => openAssetsBucket(stack.client, name, caller.account), {
          stack: openAttachedStack(stack, address.local ?? false),
          step: terminal.progress.step,
          namedBucket: assetsBucket,
        });
        const { stackName, region } = place;
        terminal.print(json ? JSON.stringify({ stack: stackName, region }) : `${stackName} is detached.`);
      });
    });
}
