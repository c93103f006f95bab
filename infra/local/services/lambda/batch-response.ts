import type { InvocationResult } from './function-definition.ts';

/**
 * Which messages of a batch have to come back, by the rules of `ReportBatchItemFailures`: no list, a null or an empty
 * one is success; an answer that Lambda cannot read, or an item it does not know, fails the whole batch. Without the
 * option the answer is ignored. A failed function always fails the whole batch.
 */
export function failedMessageIds(
  messageIds: readonly string[],
  result: Pick<InvocationResult, 'payload' | 'functionError'>,
  reportBatchItemFailures: boolean,
): ReadonlySet<string> {
  const everyMessage = new Set(messageIds);
  if (result.functionError !== undefined) return everyMessage;
  if (!reportBatchItemFailures) return new Set();

  const failed = reportedFailures(result.payload);
  return failed?.every(id => typeof id === 'string' && everyMessage.has(id))
    ? new Set(failed.map(String))
    : everyMessage;
}

/** The `itemIdentifier` of every reported item, `undefined` when the answer has not the expected shape. */
function reportedFailures(payload: string): unknown[] | undefined {
  const response = parse(payload);
  if (response === null) return [];
  if (typeof response !== 'object' || Array.isArray(response)) return undefined;
  const list: unknown = Reflect.get(response, 'batchItemFailures');
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) return undefined;
  return list.map(item =>
    typeof item === 'object' && item !== null ? Reflect.get(item, 'itemIdentifier') : undefined,
  );
}

function parse(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    // Not JSON: as unreadable as a bare `undefined`, which JSON cannot be.
    return undefined;
  }
}
