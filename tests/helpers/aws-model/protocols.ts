import type { AwsRequest } from '../../../infra/local/kernel/aws-api.ts';

export type Protocol = 'json-1.0' | 'json-1.1' | 'rest-json' | 'rest-xml' | 'query' | 'cbor';

export interface Spoken {
  /** The SDK's client with the service's model. */
  readonly client: string;
  readonly protocol: Protocol;
  /** Of the elements of its XML. @default any */
  readonly namespace?: string | undefined;
}

/** How a request speaks with its service; undefined if that is none of those with a model here. */
export function spokenIn({ service, url, headers }: AwsRequest): Spoken | undefined {
  if (service === 'ses' && url.startsWith('/v2/')) return { client: 'client-sesv2', protocol: 'rest-json' };
  const usual = USUAL[service];
  if (usual?.protocol !== 'json-1.0' || usual.namespace === undefined) return usual;
  // It moved from the Query protocol to JSON, and answers both.
  if (headers['smithy-protocol'] === 'rpc-v2-cbor') return { ...usual, protocol: 'cbor' };
  return headers['x-amz-target'] === undefined ? { ...usual, protocol: 'query' } : usual;
}

/** By signing name. */
const USUAL: Readonly<Record<string, Spoken>> = {
  apigateway: { client: 'client-api-gateway', protocol: 'rest-json' },
  cloudformation: {
    client: 'client-cloudformation',
    protocol: 'query',
    namespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
  },
  cloudfront: {
    client: 'client-cloudfront',
    protocol: 'rest-xml',
    namespace: 'http://cloudfront.amazonaws.com/doc/2020-05-31/',
  },
  'cognito-idp': { client: 'client-cognito-identity-provider', protocol: 'json-1.1' },
  dynamodb: { client: 'client-dynamodb', protocol: 'json-1.0' },
  events: { client: 'client-eventbridge', protocol: 'json-1.1' },
  lambda: { client: 'client-lambda', protocol: 'rest-json' },
  monitoring: {
    client: 'client-cloudwatch',
    protocol: 'json-1.0',
    namespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
  },
  s3: { client: 'client-s3', protocol: 'rest-xml', namespace: 'http://s3.amazonaws.com/doc/2006-03-01/' },
  secretsmanager: { client: 'client-secrets-manager', protocol: 'json-1.1' },
  ses: { client: 'client-ses', protocol: 'query', namespace: 'http://ses.amazonaws.com/doc/2010-12-01/' },
  sqs: {
    client: 'client-sqs',
    protocol: 'json-1.0',
    namespace: 'http://queue.amazonaws.com/doc/2012-11-05/',
  },
  ssm: { client: 'client-ssm', protocol: 'json-1.1' },
  states: { client: 'client-sfn', protocol: 'json-1.0' },
  sts: { client: 'client-sts', protocol: 'query', namespace: 'https://sts.amazonaws.com/doc/2011-06-15/' },
};

/** Content types of answers that have a body, without parameters such as the character set. */
export const CONTENT_TYPES: Readonly<Record<Protocol, readonly string[]>> = {
  'json-1.0': ['application/x-amz-json-1.0'],
  'json-1.1': ['application/x-amz-json-1.1'],
  'rest-json': ['application/json'],
  'rest-xml': ['application/xml', 'text/xml'],
  query: ['text/xml'],
  cbor: ['application/cbor'],
};
