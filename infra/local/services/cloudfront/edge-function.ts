import { createContext, Script } from 'node:vm';
import { z } from 'zod';
import { parseResource } from '../../template/parse-resource.ts';
import { hmacInFunction, REQUIRE_CRYPTO } from './edge-function-crypto.ts';
import { forbiddenHeader, READ_ONLY_HEADERS, requestFields, urlAndHeaders } from './edge-function-event.ts';
import { joinedSetCookies, type ViewerRequest, type ViewerResponse } from './messages.ts';

/**
 * What a viewer-request function decided: the request to go on with, or the answer to give at once.
 */
export type EdgeVerdict = { readonly request: ViewerRequest } | { readonly response: ViewerResponse };

export interface EdgeFunctionContext {
  readonly distributionId: string;
  readonly distributionDomainName: string;
  readonly requestId: string;
  /** Receives what the function prints with `console.log`. */
  readonly log: (functionName: string, line: string) => void;
}

/** @throws EdgeFunctionError if the function throws, runs too long or returns something invalid */
export type EdgeFunction = (request: ViewerRequest, context: EdgeFunctionContext) => EdgeVerdict;

/** 503: the function could not run; 502: it returned something that CloudFront refuses. */
export class EdgeFunctionError extends Error {
  override readonly name = 'EdgeFunctionError';
  readonly status: 502 | 503;

  constructor(status: 502 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

/** https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html */
const MAX_CODE_BYTES = 10 * 1024;

/**
 * AWS allows about a millisecond of computing. This only ends endless loops, on a busy machine too.
 */
const TIME_LIMIT_MS = 1000;

const NOT_EMULATED =
  /^\s*import\b|\b(?:require\s*\((?!\s*(['"])crypto\1\s*\))|Buffer\b|TextEncoder\b|TextDecoder\b|atob\b|btoa\b)/m;

const functionSchema = z.strictObject({
  Name: z.string(),
  AutoPublish: z.literal(true, 'an unpublished function cannot be associated'),
  FunctionCode: z
    .string()
    .refine(code => Buffer.byteLength(code) <= MAX_CODE_BYTES, 'exceeds 10 KB')
    .refine(code => !NOT_EMULATED.test(code), {
      error: issue => `uses ${NOT_EMULATED.exec(String(issue.input))?.[0].trim()}, which is not emulated`,
    }),
  FunctionConfig: z.strictObject({
    Comment: z.string(),
    Runtime: z.literal('cloudfront-js-2.0', 'only cloudfront-js-2.0 is emulated'),
  }),
});

const field = z.object({
  value: z.string(),
  multiValue: z.array(z.object({ value: z.string() })).optional(),
});
const fields = z.record(z.string(), field).default({});

const cookie = z.object({ value: z.string(), attributes: z.string().optional() });
const cookies = z.record(z.string(), cookie.extend({ multiValue: z.array(cookie).optional() })).default({});

const resultSchema = z.union([
  z.object({
    statusCode: z.number().int().min(200).max(599),
    headers: fields,
    cookies,
    body: z
      .union([z.string(), z.object({ encoding: z.enum(['text', 'base64']), data: z.string() })])
      .default(''),
  }),
  z.object({
    method: z.string(),
    uri: z.string().startsWith('/'),
    headers: fields,
    cookies: fields,
    querystring: fields,
  }),
]);

/** @param properties of an `AWS::CloudFront::Function`, resolved */
export function createEdgeFunction(resource: string, properties: unknown): EdgeFunction {
  const { Name: name, FunctionCode: code } = parseResource(functionSchema, resource, properties);
  const program = new Script(`${code}\n${CALL}`, { filename: name });

  return (request, context) => {
    const event = {
      version: '1.0',
      context: {
        distributionDomainName: context.distributionDomainName,
        distributionId: context.distributionId,
        eventType: 'viewer-request',
        requestId: context.requestId,
      },
      viewer: { ip: request.ip ?? '127.0.0.1' },
      request: requestFields(request),
    };
    const outcome = run(program, event);
    for (const line of outcome.lines) context.log(name, line);
    if (outcome.error !== undefined) throw new EdgeFunctionError(503, outcome.error);
    return verdictOf(outcome.result, request);
  };
}

const outcomeSchema = z.object({
  lines: z.array(z.string()),
  result: z.unknown().optional(),
  error: z.string().optional(),
});
type Outcome = z.output<typeof outcomeSchema>;

/** Runs before the function, and so never waits for it. */
const PREPARE = new Script(`
  globalThis.__outcome = { lines: [], error: 'The function did not finish' };
  globalThis.console = { log: (...values) => { __outcome.lines.push(values.map(String).join(' ')); } };
  ${REQUIRE_CRYPTO}`);

/** Calls the function behind whose code it is put. */
const CALL = `
  ;(async () => handler(JSON.parse(__event)))().then(
    result => { __outcome = { lines: __outcome.lines, result }; },
    error => { __outcome = { lines: __outcome.lines, error: String(error) }; },
  );`;

const READ = new Script('JSON.stringify(__outcome)');

/** Only strings cross the border, so the function cannot reach the host. */
function run(program: Script, event: unknown): Outcome {
  const globals = Object.assign(Object.create(null), {
    __event: JSON.stringify(event),
    __hmac: hmacInFunction,
  });
  // afterEvaluate: the time limit holds for async handlers as well.
  const sandbox = createContext(globals, {
    microtaskMode: 'afterEvaluate',
    codeGeneration: { strings: false, wasm: false },
  });
  try {
    PREPARE.runInContext(sandbox);
    program.runInContext(sandbox, { timeout: TIME_LIMIT_MS });
    return outcomeSchema.parse(JSON.parse(String(READ.runInContext(sandbox))));
  } catch (error) {
    return { lines: [], error: String(error) };
  }
}

/**
 * @param result what the function returned for the request
 * @throws EdgeFunctionError if CloudFront refuses it
 */
export function verdictOf(result: unknown, request: ViewerRequest): EdgeVerdict {
  const given = requestFields(request);
  const parsed = resultSchema.safeParse(result);
  if (!parsed.success) {
    throw new EdgeFunctionError(502, 'The function returned neither a valid request nor a valid response');
  }
  const forbidden = forbiddenHeader(parsed.data.headers);
  if (forbidden !== undefined) {
    throw new EdgeFunctionError(502, `The function may not set the header ${forbidden}`);
  }
  if ('statusCode' in parsed.data) return { response: generatedResponse(parsed.data) };
  const changed = parsed.data;
  if (changed.method !== request.method) {
    throw new EdgeFunctionError(502, 'The function may not change the method');
  }
  for (const name of READ_ONLY_HEADERS) {
    if (changed.headers[name]?.value !== given.headers[name]?.value) {
      throw new EdgeFunctionError(502, `The function may not change the header ${name}`);
    }
  }
  return { request: { ...request, ...urlAndHeaders(changed, given, request) } };
}

function generatedResponse(
  result: Extract<z.output<typeof resultSchema>, { statusCode: number }>,
): ViewerResponse {
  const { body } = result;
  const headers: Record<string, string> = {};
  for (const [name, { value }] of Object.entries(result.headers)) headers[name] = value;
  const setCookies = Object.entries(result.cookies).flatMap(([name, field]) =>
    (field.multiValue ?? [field]).map(
      ({ value, attributes }) => `${name}=${value}${attributes === undefined ? '' : `; ${attributes}`}`,
    ),
  );
  return {
    status: result.statusCode,
    headers: { ...headers, ...joinedSetCookies(setCookies) },
    body:
      typeof body === 'string'
        ? Buffer.from(body)
        : Buffer.from(body.data, body.encoding === 'base64' ? 'base64' : 'utf8'),
  };
}
