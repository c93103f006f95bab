export interface ApiAnswer {
  readonly status: number;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error in the contract's shape. */
export function refusal(status: number, code: string, message: string, fields?: unknown): ApiAnswer {
  return { status, json: { error: { code, message, ...(fields === undefined ? {} : { fields }) } } };
}
