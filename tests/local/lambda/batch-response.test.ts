import { describe, expect, it } from 'vitest';
import { failedMessageIds } from '../../../infra/local/services/lambda/batch-response.ts';

const IDS = ['a', 'b', 'c'];
const failures = (...items: unknown[]) => JSON.stringify({ batchItemFailures: items });

describe('With ReportBatchItemFailures,', () => {
  it.each([
    ['an empty list', failures()],
    ['a null list', '{"batchItemFailures":null}'],
    ['an empty answer', '{}'],
    ['a null answer', 'null'],
  ])('%s means success', (_, payload) => {
    expect([...failedMessageIds(IDS, { payload }, true)]).toEqual([]);
  });

  it('only the listed messages fail', () => {
    const payload = failures({ itemIdentifier: 'c' }, { itemIdentifier: 'a' });
    expect([...failedMessageIds(IDS, { payload }, true)]).toEqual(['c', 'a']);
  });

  it.each([
    ['an answer that is not JSON', '{'],
    ['an answer that is no object', '"done"'],
    ['an answer that is a list', '[]'],
    ['a list that is none', '{"batchItemFailures":"a"}'],
    ['an empty identifier', failures({ itemIdentifier: '' })],
    ['a null identifier', failures({ itemIdentifier: null })],
    ['a wrongly named key', failures({ itemId: 'a' })],
    ['an item that is no object', failures('a')],
    ['an id that is not in the batch', failures({ itemIdentifier: 'a' }, { itemIdentifier: 'x' })],
  ])('%s fails the whole batch', (_, payload) => {
    expect([...failedMessageIds(IDS, { payload }, true)]).toEqual(IDS);
  });
});

it('Without ReportBatchItemFailures the list is ignored', () => {
  expect([...failedMessageIds(IDS, { payload: failures({ itemIdentifier: 'a' }) }, false)]).toEqual([]);
});

it.each([true, false])('A failed function fails the whole batch (ReportBatchItemFailures %s)', report => {
  const result = { payload: failures(), functionError: 'Unhandled' } as const;
  expect([...failedMessageIds(IDS, result, report)]).toEqual(IDS);
});
