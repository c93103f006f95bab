import type { buildApp } from 'fauxqs';
import type { AwsRequest } from '../../kernel/aws-api.ts';

/** The content type of everything that fauxqs is given to store. */
const STORED = 'application/x-to-store';
/** Carries the type that the sender gave. */
const TYPE_AS_SENT = 'x-content-type-as-sent';

/**
 * fauxqs reads content by its type, whatever its service: to S3, a form or JSON would no longer be
 * what was sent, a type without a slash be unknown, and content above 11 MiB be too large.
 *
 * @returns what prepares a request to S3
 */
export function storeContentAsSent(app: ReturnType<typeof buildApp>): (request: AwsRequest) => AwsRequest {
  // The local endpoint has a limit of its own.
  const options = { parseAs: 'buffer', bodyLimit: Number.MAX_SAFE_INTEGER } as const;
  app.addContentTypeParser(STORED, options, (_, body, done) => done(null, body));
  app.addHook('preHandler', async ({ raw: { headers } }) => {
    if (headers['content-type'] !== STORED) return;
    const { [TYPE_AS_SENT]: type } = headers;
    delete headers['content-type'];
    if (typeof type === 'string') headers['content-type'] = type;
  });
  return request => {
    const { 'content-type': type, ...headers } = request.headers;
    const asSent = type === undefined ? {} : { [TYPE_AS_SENT]: type };
    return { ...request, headers: { ...headers, ...asSent, 'content-type': STORED } };
  };
}
