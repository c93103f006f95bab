import { expect, it } from 'vitest';
import { openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { endCutOperations } from '../../../infra/local/services/cloudformation/stack-operations.ts';
import { createStackRecords } from '../../../infra/local/services/cloudformation/stack-records.ts';

it.each([
  ['CREATE_IN_PROGRESS', 'ROLLBACK_COMPLETE'],
  ['ROLLBACK_IN_PROGRESS', 'ROLLBACK_COMPLETE'],
  ['UPDATE_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE'],
  ['UPDATE_ROLLBACK_IN_PROGRESS', 'UPDATE_ROLLBACK_COMPLETE'],
  ['DELETE_IN_PROGRESS', 'DELETE_FAILED'],
  ['REVIEW_IN_PROGRESS', 'REVIEW_IN_PROGRESS'],
  ['CREATE_COMPLETE', 'CREATE_COMPLETE'],
])('A stack that is %s as the local cloud is killed is %s at its next start', (status, ended) => {
  const records = createStackRecords(openDurableStore());
  const { id } = records.open('Made');
  records.change(id, { status });
  endCutOperations(records);
  expect(records.find(id)?.status).toBe(ended);
  const events = records.find(id)?.events.map(({ ResourceStatus }) => ResourceStatus);
  expect(events).toEqual(status === ended ? [] : [ended]);
});
