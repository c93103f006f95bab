import { Refusal } from '../http/refusal.ts';

const STATUS = {
  StudentNotFound: 404,
  StudentExists: 409,
  InProgress: 409,
  IdempotencyMismatch: 422,
} as const;

/** Why the API refuses a request about students. */
export class SchoolRefusedError extends Refusal {
  constructor(code: keyof typeof STATUS, message: string) {
    super(code, STATUS[code], message);
  }
}
