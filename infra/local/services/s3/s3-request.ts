import { type AwsRequest, authorizationOf } from '../../kernel/aws-api.ts';

export interface S3RequestOptions {
  /** Who asks, by name or ARN. */
  readonly caller: string;
  readonly method: string;
  readonly bucket: string;
  /** Not encoded; empty for the bucket itself. */
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** A request to S3 from inside the local cloud. */
export function s3Request(options: S3RequestOptions): AwsRequest {
  const { caller, method, bucket, key = '', headers = {}, body = Buffer.alloc(0) } = options;
  return {
    service: 's3',
    caller,
    method,
    url: `/${bucket}/${encodeURIComponent(key).replaceAll('%2F', '/')}`,
    headers: { ...headers, host: 'localhost', authorization: authorizationOf(caller, 's3') },
    body,
  };
}

export interface S3Address {
  readonly bucket: string;
  /** Decoded; empty for the bucket itself. */
  readonly key: string;
  readonly query: URLSearchParams;
}

/** What a request to S3 is about. */
export function s3Address({ url }: AwsRequest): S3Address {
  // Not parsed as a URL, which would resolve `/../` in a key.
  const [path = '', query] = url.split('?');
  const [, bucket = '', ...key] = path.split('/');
  return { bucket, key: decoded(key.join('/')), query: new URLSearchParams(query) };
}

/** A key that is not well encoded stays as it is; fauxqs refuses it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
