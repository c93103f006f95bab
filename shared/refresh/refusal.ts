import { Refusal } from '../http/refusal.ts';

const STATUS = { RefreshNotFound: 404, Paused: 409, TooManyRefreshes: 429 } as const;

/** Why the API refuses a request about refreshes. */
export class RefreshRefusedError extends Refusal {
  constructor(code: keyof typeof STATUS, message: string) {
    super(code, STATUS[code], message);
  }
}
