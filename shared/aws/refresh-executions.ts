import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { RefreshExecutions } from '../refresh/collect.ts';

export function createRefreshExecutions(
  stateMachineArn: string,
  client = new SFNClient({}),
): RefreshExecutions {
  return {
    async ensureStarted(refreshId) {
      try {
        // Starting again with the same name and input returns the running execution. So no
        // time-stamps here.
        await client.send(
          new StartExecutionCommand({
            stateMachineArn,
            name: refreshId,
            input: JSON.stringify({ refreshId }),
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ExecutionAlreadyExists) return false;
        throw error;
      }
    },
  };
}
