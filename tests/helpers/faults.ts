import type { AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import { type AwsCall, ConnectionCutError, type Interceptor } from '../../infra/local/kernel/aws-endpoint.ts';

/**
 * Chooses calls by action and by what the caller's role is called in the template: `Invalidate`,
 * `Verify` …
 */
export interface Target {
  readonly action: string;
  readonly caller?: string;
}

export type Fault = (call: AwsCall, next: () => Promise<AwsResponse>) => Promise<AwsResponse>;

/** A fault on the calls it is meant for, and a record of them. */
export interface Faulty {
  readonly interceptor: Interceptor;
  /** Calls that were met by the fault, in order. */
  readonly met: readonly AwsCall[];
}

/** @param times how many calls the fault hits; later ones pass */
export function faulty(
  { action, caller = '' }: Target,
  fault: Fault,
  times = Number.POSITIVE_INFINITY,
): Faulty {
  const met: AwsCall[] = [];
  return {
    met,
    interceptor(call, next) {
      const isMeant = call.action === action && call.request.caller.includes(caller);
      if (!isMeant || met.length >= times) return next();
      met.push(call);
      return fault(call, next);
    },
  };
}

/** CloudFront refuses, in its own XML. */
export function refused(code: string, status: number): Fault {
  const type = status < 500 ? 'Sender' : 'Receiver';
  const error = `<Error><Type>${type}</Type><Code>${code}</Code><Message>Refused by a test</Message></Error>`;
  return async () => ({
    status,
    headers: { 'content-type': 'text/xml' },
    body: `<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">${error}<RequestId>test</RequestId></ErrorResponse>`,
  });
}

/** The call takes effect, its answer never arrives. */
export const answerLost: Fault = async (_, next) => {
  await next();
  throw new ConnectionCutError();
};
