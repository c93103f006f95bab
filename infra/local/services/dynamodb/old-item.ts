import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

interface ConditionError {
  readonly body: { Item?: unknown };
}

interface Database {
  checkConditional(
    input: { readonly ReturnValuesOnConditionCheckFailure?: string },
    item: unknown,
  ): ConditionError | null | undefined;
}

/**
 * dynalite 4.0.0 does not know `ReturnValuesOnConditionCheckFailure`, which has a refused write
 * return the item as it is.
 */
export function returnOldItems(): void {
  for (const action of ['putItem', 'updateItem', 'deleteItem']) {
    const { types } = require(`dynalite/validations/${action}`) as { types: Record<string, object> };
    types['ReturnValuesOnConditionCheckFailure'] = { type: 'String', enum: ['ALL_OLD', 'NONE'] };
  }
  const database = require('dynalite/db') as Database;
  const check = database.checkConditional;
  database.checkConditional = (input, item) => {
    const error = check(input, item);
    if (input.ReturnValuesOnConditionCheckFailure === 'ALL_OLD' && error && item) error.body.Item = item;
    return error;
  };
}
