import type { InvocationResult } from './function-definition.ts';

/**
 * Which messages of a batch have failed, by the rules of `ReportBatchItemFailures`. No list, null
 * or an empty list means success. An answer that Lambda cannot read, or an unknown item, fails the
 * whole batch, as a failed function does. Without the option the answer is ignored.
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

/**
 * The `itemIdentifier` of every reported item; undefined if the answer does not have the expected
 * shape.
 */
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
