/**
 * Most bytes (UTF-8) of any state's input or output and of a connector's raw result. Source: quotas
 * of Step Functions.
 */
export const MAX_DATA_BYTES = 262_144;

/**
 * A state's failure, as the Amazon States Language has it: Retry and Catch match its `name`; its
 * `message` is the cause.
 */
export class StateFailure extends Error {
  override readonly name: string;
  /** The engine asks these two before it looks at Retry and Catch. */
  readonly isRetryable: boolean;
  readonly isCatchable: boolean;

  constructor(error: string, cause: string, options: { terminal?: boolean } = {}) {
    super(cause);
    this.name = error;
    this.isRetryable = options.terminal !== true;
    this.isCatchable = options.terminal !== true;
  }
}

/** `States.Runtime`: ends the execution, whatever Retry and Catch say. */
export function runtimeFailure(cause: string): StateFailure {
  return new StateFailure('States.Runtime', cause, { terminal: true });
}

/** @throws StateFailure `States.DataLimitExceeded`, which not even a `States.ALL` catches */
export function requireWithinDataLimit(json: string, what: string): void {
  if (Buffer.byteLength(json) <= MAX_DATA_BYTES) return;
  const cause = `${what} with a size exceeding the maximum number of bytes service limit.`;
  throw new StateFailure('States.DataLimitExceeded', cause, { terminal: true });
}

/** Step Functions always appends `Exception`, once. */
export function exceptionName(code: string): string {
  return code.endsWith('Exception') ? code : `${code}Exception`;
}
