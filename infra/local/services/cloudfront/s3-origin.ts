import { randomBytes } from 'node:crypto';
import { type AwsService, authorizationOf, LOCAL_REGION } from '../../kernel/aws-api.ts';
import { splitQuery } from './invalidation-paths.ts';
import type { FetchOrigin } from './messages.ts';

/** The bucket behind an S3 origin's domain: `<bucket>.s3.us-east-1.amazonaws.com`. */
const S3_DOMAIN = new RegExp(`^(.+)\\.s3(?:\\.${LOCAL_REGION})?\\.amazonaws\\.com$`);

/** Answers the edge's requests to its origins from the local buckets. */
export function createS3Origin(callAws: AwsService): FetchOrigin {
  return async ({ domainName, method, url, headers, body, signedAs }) => {
    const bucket = S3_DOMAIN.exec(domainName)?.[1];
    if (bucket === undefined) throw new Error(`The local cloud has no origin ${domainName}`);
    // A site's own query string, `?v=3`, means nothing to S3; the endpoint refuses what it does not
    // know.
    const [path] = splitQuery(url);
    const response = await callAws({
      service: 's3',
      caller: signedAs ?? 'anonymous',
      method,
      url: `/${bucket}${path}`,
      headers: { ...headers, host: 'localhost', authorization: authorizationOf('cloudfront', 's3') },
      body,
    });
    return {
      status: response.status,
      headers: {
        // How viewers tell S3's own 403 from that of a firewall or function.
        server: 'AmazonS3',
        'x-amz-request-id': randomBytes(8).toString('hex').toUpperCase(),
        'x-amz-id-2': randomBytes(42).toString('base64'),
        ...Object.fromEntries(
          Object.entries(response.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
        ),
      },
      body: Buffer.from(response.body ?? ''),
    };
  };
}
