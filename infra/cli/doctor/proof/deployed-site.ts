import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  openRefreshTable,
  type RefreshTable,
} from '../../../../shared/aws/refresh-table/open-refresh-table.ts';
import { readSettings, setting } from '../../../../shared/config.ts';
import { type Distribution, distributionReader } from '../../../../shared/refresh/distribution.ts';
import { isSiteKey, KeyFilter } from '../../../../shared/refresh/key-filter.ts';
import type { Stack } from '../../aws/stack.ts';
import { CommandError } from '../../command.ts';

/** A deployed pipeline and the site that it keeps fresh. */
export interface DeployedSite {
  readonly bucket: string;
  readonly table: RefreshTable;
  readonly distribution: Distribution;
  /** Which keys its refreshes are about. */
  readonly keys: KeyFilter;
  readonly mail: {
    readonly when: 'always' | 'failed';
    /** Whether one mail tells how the refreshes of several distributions ended. */
    readonly isJoint: boolean;
    /** The table that remembers which mails were sent. */
    readonly sentTable: string;
  };
}

/**
 * How the site is reached, and which keys count: outputs do not tell, but the functions have to
 * know. The first of the stack's distributions is meant.
 */
export async function readDeployedSite(stack: Stack): Promise<DeployedSite> {
  const variablesOf = await functionsOf(stack);
  const [collect, verify, report, send] = await Promise.all([
    variablesOf('Collect'),
    variablesOf('Verify'),
    variablesOf('Report'),
    variablesOf('MailSend'),
  ]);
  const { DISTRIBUTION_IDS, REFRESH_TABLE } = readSettings(
    { DISTRIBUTION_IDS: setting.list, REFRESH_TABLE: setting.text },
    verify,
  );
  const table = openRefreshTable({ tableName: REFRESH_TABLE, client: new DynamoDBClient(stack.client) });
  const readDistribution = distributionReader(DISTRIBUTION_IDS, table.distributions);
  const distribution = await readDistribution(await stack.distribution(undefined));
  return {
    bucket: await stack.output('SiteBucketName'),
    table,
    distribution,
    keys: readSettings({ SITE_KEYS: setting.json(KeyFilter) }, collect).SITE_KEYS,
    mail: {
      when: readSettings({ MAIL_WHEN: setting.mailPolicy }, report).MAIL_WHEN,
      isJoint: DISTRIBUTION_IDS.length > 1,
      sentTable: readSettings({ IDEMPOTENCY_TABLE: setting.text }, send).IDEMPOTENCY_TABLE,
    },
  };
}

type Variables = Readonly<Record<string, string>>;

/** @returns reads the variables of a function by the end of its name in the template */
async function functionsOf({ name, client }: Stack): Promise<(ending: string) => Promise<Variables>> {
  const lambda = new LambdaClient(client);
  const ids = new Map<string, string>();
  const pages = paginateListStackResources({ client: new CloudFormationClient(client) }, { StackName: name });
  for await (const { StackResourceSummaries = [] } of pages) {
    // CDK ends a logical id with a hash of eight digits.
    for (const { ResourceType, LogicalResourceId = '', PhysicalResourceId = '' } of StackResourceSummaries)
      if (ResourceType === 'AWS::Lambda::Function')
        ids.set(LogicalResourceId.slice(0, -8), PhysicalResourceId);
  }
  return async ending => {
    const [, id] = [...ids].find(([logicalId]) => logicalId.endsWith(ending)) ?? [];
    if (id === undefined) throw new CommandError(`The stack ${name} has no function …${ending}`);
    const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: id }));
    return Environment?.Variables ?? {};
  };
}

/**
 * Where the doctor may put its files: a folder that the pipeline watches and the distribution
 * shows.
 *
 * @param folder its name, with a slash at the end
 * @throws CommandError if the pipeline watches nothing that the distribution shows
 */
export function prefixFor(
  folder: string,
  {
    distribution: { urls },
    keys,
  }: Pick<DeployedSite, 'keys'> & { readonly distribution: Pick<Distribution, 'urls'> },
): string {
  const shown = urls.originPath === '' ? '' : `${urls.originPath.slice(1)}/`;
  const watched = keys.prefixes.length === 0 ? [''] : keys.prefixes;
  const inBoth = watched.find(prefix => prefix.startsWith(shown) || shown.startsWith(prefix));
  if (inBoth === undefined)
    throw new CommandError(
      `The pipeline watches ${watched.join(', ')}, and the distribution shows ${shown}: no file would be in both`,
    );
  const prefix = `${inBoth.length > shown.length ? inBoth : shown}${folder}`;
  if (isSiteKey(`${prefix}page.txt`, keys)) return prefix;
  throw new CommandError(`excludedKeys leave out ${prefix}page.txt, so no refresh would follow it`);
}
