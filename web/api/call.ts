/// <reference lib="dom" />
import * as z from 'zod/mini';
import type { FieldProblem } from '../../shared/http/refusal.ts';

/** A request that failed. Anything else that is thrown is a bug in the page. */
export abstract class ApiFailure extends Error {}

/** The API, or something in front of it, refused the request. */
export class ApiRefused extends ApiFailure {
  override readonly name = 'ApiRefused';
  readonly status: number;
  /** The API's error code; `Unknown` if the answer came from elsewhere, such as the edge. */
  readonly code: string;
  readonly fields: readonly FieldProblem[];
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, problem: Problem, retryAfterSeconds: number | undefined) {
    super(problem.message);
    this.status = status;
    this.code = problem.code;
    this.fields = problem.fields ?? [];
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** No answer came, so it is unknown whether the request was carried out. */
export class ApiUnreachable extends ApiFailure {
  override readonly name = 'ApiUnreachable';
}

/** The answer does not match the contract, so it did not come from the API. */
class ApiUnreadable extends ApiFailure {
  override readonly name = 'ApiUnreadable';
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const problemSchema = z.object({
  code: z.string(),
  message: z.string(),
  fields: z.optional(z.array(z.object({ field: z.string(), message: z.string() }))),
});
type Problem = z.infer<typeof problemSchema>;

/** The API's error shape, or API Gateway's own where that was not replaced. */
const refusalSchema = z.union([
  z.object({ error: problemSchema }),
  z.pipe(
    z.object({ message: z.string() }),
    z.transform(({ message }) => ({ error: { code: 'Unknown', message } })),
  ),
]);

/** API Gateway gives up after 29 s. */
const ANSWER_TIMEOUT_MS = 35_000;

/**
 * Calls the API, which the edge serves under the page's own origin.
 *
 * @throws ApiFailure, or the caller's abort reason
 */
export async function callApi<Answer>(
  path: string,
  answerSchema: z.ZodMiniType<Answer>,
  call: Call = {},
): Promise<Answer> {
  const { status, headers, text } = await exchange(path, call);
  const json = parseJson(text);
  if (status < 200 || status >= 300) {
    const { data } = refusalSchema.safeParse(json);
    const problem = data?.error ?? { code: 'Unknown', message: '' };
    const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
    throw new ApiRefused(status, problem, Number.isFinite(retryAfter) ? retryAfter : undefined);
  }
  const answer = answerSchema.safeParse(json);
  if (!answer.success) throw new ApiUnreadable(`${status}`, { cause: answer.error });
  return answer.data;
}

async function exchange(path: string, { method = 'GET', body, headers, signal }: Call) {
  const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  try {
    const response = await fetch(`/api/${path}`, {
      method,
      cache: 'no-store',
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
      ...(body === undefined
        ? { headers: { accept: 'application/json', ...headers } }
        : {
            headers: { accept: 'application/json', 'content-type': 'application/json', ...headers },
            body: JSON.stringify(body),
          }),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ApiUnreachable('No answer', { cause });
  }
}

/** Undefined for anything but JSON, such as the edge's error pages and an empty body. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
