import { randomUUID } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { createRefreshExecutions } from '../../../shared/aws/refresh-executions.ts';
import { openRefreshTable, type RefreshTable } from '../../../shared/aws/refresh-table/open-refresh-table.ts';
import type { CollectDependencies } from '../../../shared/refresh/collect.ts';
import { refreshIdOf } from '../../../shared/refresh/refresh.ts';
import type { Stack } from './stack.ts';

/** The refreshes of a deployed stack. */
export interface Pipeline {
  readonly table: RefreshTable;
  /** For putting changes into a distribution's open refresh. */
  collectingFor(distributionId: string): CollectDependencies;
}

export async function openPipeline(stack: Stack): Promise<Pipeline> {
  const table = openRefreshTable({
    tableName: await stack.output('RefreshTableName'),
    client: new DynamoDBClient(stack.client),
  });
  const executions = createRefreshExecutions(
    await stack.output('RefreshStateMachineArn'),
    new SFNClient(stack.client),
  );
  return {
    table,
    collectingFor: id => ({
      refreshes: table.openRefreshOf(id),
      executions,
      newRefreshId: () => refreshIdOf(new Date(), randomUUID()),
    }),
  };
}
