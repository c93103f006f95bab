import { REGIONS_WITHOUT_SES } from '../../../constructs/pipeline/ses-regions.ts';
import { confirmed, type Findings, untestable } from '../finding.ts';
import { judgeBootstrap, judgeConcurrency, judgeCredentials, judgeStack } from './account.ts';
import { ask } from './asking.ts';
import { type Check, run } from './check.ts';
import { mailChecks } from './mail-checks.ts';
import { judgeBucketName, judgeDashboard, judgeTableName } from './names.ts';
import type { Account, Ports } from './ports.ts';
import { siteChecks } from './site-checks.ts';
import type { Target } from './target.ts';

/** Looks, before a deployment, at all that it depends on. Changes nothing. */
export async function* examine(target: Target, ports: Ports): Findings {
  const about = 'credentials';
  let account = '';
  const credentials: Check = {
    about,
    async find() {
      const caller = await ports.account.caller();
      if ('account' in caller) account = caller.account;
      return judgeCredentials(caller, target);
    },
  };
  yield* run([credentials]);
  // Nobody else answers without them.
  if (account === '') return;
  yield* run([
    ...(target.isByAttach ? [] : accountChecks(account, target, ports.account)),
    ...nameChecks(account, target, ports),
    ...(target.site === undefined
      ? newSiteChecks(target, ports)
      : siteChecks(account, { ...target, site: target.site }, ports.site)),
    ...mailChecks(target, ports.mails, !REGIONS_WITHOUT_SES.has(target.mail.region)),
    {
      about: 'concurrency of Lambda',
      find: async () => judgeConcurrency(await ports.account.concurrency(), target),
    },
  ]);
}

function accountChecks(id: string, target: Target, account: Account): Check[] {
  return [
    {
      about: "CDK's bootstrap",
      find: async () => judgeBootstrap(await account.bootstrapVersion(), id, target),
    },
    {
      about: 'stack',
      find: async () => judgeStack(await account.stack(target.stackName), target),
    },
  ];
}

function nameChecks(id: string, target: Target, { account, site: { buckets } }: Ports): Check[] {
  const isOfStack = async (name: string) => (await account.resourcesOf(target.stackName)).has(name);
  return [
    ...target.buckets.map(bucket => ({
      about: `bucket name (${bucket.setting})`,
      find: async () => {
        const [found, isOwn] = [await buckets.find(bucket.name, id), await isOfStack(bucket.name)];
        return judgeBucketName(bucket, { found, isOfStack: isOwn }, target);
      },
    })),
    ...target.tables.map(table => ({
      about: `table name (${table.setting})`,
      find: async () => {
        const exists = await account.hasTable(table.name);
        return judgeTableName(table, { exists, isOfStack: await isOfStack(table.name) }, target);
      },
    })),
    {
      about: 'dashboard name',
      find: async () => {
        const exists = await account.hasDashboard(target.dashboard);
        return judgeDashboard({ exists, isOfStack: await isOfStack(target.dashboard) }, target);
      },
    },
  ];
}

/** About a site that the stack is going to make. */
function newSiteChecks({ verificationHeaders: headers }: Target, { account, site }: Ports): Check[] {
  const names = headers.map(({ secret }) => secret).join(', ');
  return [
    {
      about: 'new distribution',
      // AWS tells only whoever makes a distribution whether the account may have one.
      find: async () =>
        (await account.hasDistributions())
          ? confirmed('the account has distributions already')
          : untestable(
              'the account has none yet: if CloudFront answers that the account must be verified first, ask AWS Support',
            ),
    },
    ...(headers.length === 0
      ? []
      : [
          {
            about: 'secrets of verificationHeaders',
            async find() {
              await ask('secretsmanager:GetSecretValue', () => site.openEdge('https://cloudfront.net'));
              return confirmed(`${names} can be sent`);
            },
          },
        ]),
  ];
}
