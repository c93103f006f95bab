import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
} from '@aws-sdk/client-cloudformation';
import { CloudFrontClient, ListDistributionsCommand } from '@aws-sdk/client-cloudfront';
import { CloudWatchClient, GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Stack } from '../../../aws/stack.ts';
import { CREDENTIALS_REFUSED } from '../account.ts';
import { ask, askUnless } from '../asking.ts';
import type { Account } from '../ports.ts';

/** Where `cdk bootstrap` writes its version, with the qualifier that the templates have. */
const BOOTSTRAP_PARAMETER = '/cdk-bootstrap/hnb659fds/version';

/** @param client for the account and region of the stack */
export function createAccount(client: Stack['client']): Account {
  const cloudFormation = new CloudFormationClient(client);
  return {
    ...createNames(client),

    async caller() {
      try {
        const sts = new STSClient(client);
        // Whoever signs in may ask this.
        const { Account = '', Arn = '' } = await ask('sts:GetCallerIdentity', () =>
          sts.send(new GetCallerIdentityCommand({})),
        );
        return { account: Account, arn: Arn };
      } catch (error) {
        const refusal = credentialsRefusal(error);
        if (refusal === undefined) throw error;
        return { refusal };
      }
    },

    async bootstrapVersion() {
      const command = new GetParameterCommand({ Name: BOOTSTRAP_PARAMETER });
      const found = await askUnless('ssm:GetParameter', ['ParameterNotFound'], undefined, () =>
        new SSMClient(client).send(command),
      );
      return found === undefined ? undefined : Number(found.Parameter?.Value);
    },

    async stack(StackName) {
      const found = await askUnless('cloudformation:DescribeStacks', [NO_SUCH_STACK], undefined, () =>
        cloudFormation.send(new DescribeStacksCommand({ StackName })),
      );
      const [stack] = found?.Stacks ?? [];
      if (stack === undefined) return undefined;
      const outputs = (stack.Outputs ?? []).map(
        ({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const,
      );
      return { status: stack.StackStatus ?? '', outputs: new Map(outputs) };
    },

    resourcesOf: StackName =>
      askUnless('cloudformation:ListStackResources', [NO_SUCH_STACK], new Set<string>(), async () => {
        const ids = new Set<string>();
        const pages = paginateListStackResources({ client: cloudFormation }, { StackName });
        for await (const { StackResourceSummaries = [] } of pages)
          for (const { PhysicalResourceId = '' } of StackResourceSummaries) ids.add(PhysicalResourceId);
        return ids;
      }),

    async concurrency() {
      const { AccountLimit } = await ask('lambda:GetAccountSettings', () =>
        new LambdaClient(client).send(new GetAccountSettingsCommand({})),
      );
      return {
        total: AccountLimit?.ConcurrentExecutions ?? 0,
        unreserved: AccountLimit?.UnreservedConcurrentExecutions ?? 0,
      };
    },
  };
}

/** CloudFormation has no name of its own for it. */
const NO_SUCH_STACK = 'ValidationError';

function createNames(
  client: Stack['client'],
): Pick<Account, 'hasTable' | 'hasDashboard' | 'hasDistributions'> {
  return {
    async hasTable(TableName) {
      const command = new DescribeTableCommand({ TableName });
      const found = await askUnless('dynamodb:DescribeTable', ['ResourceNotFoundException'], undefined, () =>
        new DynamoDBClient(client).send(command),
      );
      return found !== undefined;
    },

    async hasDashboard(DashboardName) {
      const command = new GetDashboardCommand({ DashboardName });
      const missing = ['ResourceNotFound', 'DashboardNotFoundError'];
      const found = await askUnless('cloudwatch:GetDashboard', missing, undefined, () =>
        new CloudWatchClient(client).send(command),
      );
      return found !== undefined;
    },

    async hasDistributions() {
      const { DistributionList } = await ask('cloudfront:ListDistributions', () =>
        new CloudFrontClient(client).send(new ListDistributionsCommand({ MaxItems: 1 })),
      );
      return (DistributionList?.Items ?? []).length > 0;
    },
  };
}

/** AWS's or the SDK's words; undefined for any other error. */
function credentialsRefusal(error: unknown): string | undefined {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error && CREDENTIALS_REFUSED.includes(cause.name)
    ? `${cause.name}: ${cause.message}`
    : undefined;
}
