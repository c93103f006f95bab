import { z } from 'zod';
import { GatewayError } from './gateway-error.ts';
import type { ApiResponse } from './messages.ts';

const headerValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** Every member is optional, and no other is allowed. */
const ProxyAnswer = z.strictObject({
  statusCode: z.coerce.number().int().min(100).max(599).default(200),
  headers: z.record(z.string(), headerValue).nullish(),
  multiValueHeaders: z.record(z.string(), z.array(headerValue)).nullish(),
  body: z.string().nullish(),
  // Without binary media types a body is sent as it is, encoded or not.
  isBase64Encoded: z.boolean().nullish(),
});

/** API Gateway sends these headers itself, and the function's under another name. */
const REMAPPED = new Set([
  'connection',
  'content-length',
  'content-md5',
  'date',
  'server',
  'www-authenticate',
]);

/** @throws GatewayError if a proxy integration may not answer this */
export function proxyAnswer(payload: string): ApiResponse {
  const { statusCode, headers, multiValueHeaders, body } = parse(payload);
  const merged = new Map<string, readonly [name: string, value: string | string[]]>([
    ['content-type', ['Content-Type', 'application/json']],
  ]);
  for (const [name, value] of [...Object.entries(headers ?? {}), ...Object.entries(multiValueHeaders ?? {})])
    merged.set(name.toLowerCase(), [
      REMAPPED.has(name.toLowerCase()) ? `x-amzn-Remapped-${name}` : name,
      value,
    ]);
  return { status: statusCode, headers: Object.fromEntries(merged.values()), body: body ?? '' };
}

function parse(payload: string): z.output<typeof ProxyAnswer> {
  try {
    return ProxyAnswer.parse(JSON.parse(payload));
  } catch (cause) {
    throw new GatewayError('INTEGRATION_FAILURE', { cause });
  }
}
