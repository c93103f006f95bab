import { ExpectedError } from '../expected-error.ts';

/** What is wrong with one field of a request. */
export interface FieldProblem {
  readonly field: string;
  /** A sentence for the person who filled the field in. */
  readonly message: string;
}

/**
 * A request that its sender must change, or send again later. The message is for the sender. Each
 * API has a subclass of its own with its codes and their statuses, so this folder knows none of
 * them.
 */
export abstract class Refusal extends ExpectedError {
  override readonly name = 'RequestRefused';
  /** The `code` of the API's answer. */
  readonly code: string;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** The wrong fields of a `ValidationFailed`. */
  readonly fields: readonly FieldProblem[];

  constructor(code: string, status: number, message: string, fields: readonly FieldProblem[] = []) {
    super(message);
    this.code = code;
    this.status = status;
    this.fields = fields;
  }
}

/** Every API may answer these. */
const STATUS = {
  BadRequest: 400,
  ValidationFailed: 400,
  NotFound: 404,
  PreconditionFailed: 412,
  TooLarge: 413,
  UnsupportedMediaType: 415,
} as const;

/** A refusal that does not depend on what the API is about. */
export class RequestRefusedError extends Refusal {
  constructor(code: keyof typeof STATUS, message: string, fields?: readonly FieldProblem[]) {
    super(code, STATUS[code], message, fields);
  }
}
