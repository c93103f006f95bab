import { describe, expect, it } from 'vitest';
import { denialFor } from '../../../../infra/cli/doctor/before/bucket-policy.ts';

const READER = {
  object: 'arn:aws:s3:::my-site/index.html',
  role: 'arn:aws:iam::111122223333:role/AutoInvalidation-Verify',
};

const DENY = {
  Sid: 'OnlyCloudFront',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:GetObject',
  Resource: 'arn:aws:s3:::my-site/*',
};
const find = (...statements: object[]) =>
  denialFor(JSON.stringify({ Version: '2012-10-17', Statement: statements }), READER);

describe("A bucket's policy", () => {
  it.each([
    ['without a condition', {}],
    ['with all actions', { Action: ['s3:Put*', 's3:*'] }],
    ['for every principal as AWS', { Principal: { AWS: '*' } }],
    ['for all but an identity', { Principal: undefined, NotPrincipal: { AWS: 'arn:aws:iam::1:user/cdn' } }],
    [
      'outside of CloudFront',
      { Condition: { StringNotEquals: { 'AWS:SourceArn': 'arn:aws:cloudfront::1:distribution/E1' } } },
    ],
    ['outside of services', { Condition: { BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } } }],
    ['outside of a network', { Condition: { StringNotEquals: { 'aws:SourceVpce': ['vpce-1'] } } }],
    [
      'for all but other roles',
      { Condition: { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/Other-*' } } },
    ],
  ])('keeps the functions from reading by a Deny %s', (_, change) => {
    expect(find({ ...DENY, ...change })).toBe('OnlyCloudFront');
  });

  it.each([
    ['allows', { Effect: 'Allow' }],
    ['denies writing', { Action: 's3:PutObject' }],
    ['denies another folder', { Resource: 'arn:aws:s3:::my-site/private/*' }],
    ['denies one role', { Principal: { AWS: 'arn:aws:iam::111122223333:role/other' } }],
    ['denies requests without TLS', { Condition: { Bool: { 'aws:SecureTransport': 'false' } } }],
    ['denies some addresses', { Condition: { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } } }],
    [
      'excepts the roles of the stack',
      {
        Condition: {
          StringNotLike: { 'aws:SourceArn': 'arn:aws:cloudfront::1:distribution/*' },
          ArnNotLike: { 'aws:PrincipalArn': ['arn:aws:iam::111122223333:role/AutoInvalidation-*'] },
        },
      },
    ],
  ])('lets the functions read if a statement %s', (_, change) => {
    expect(find({ ...DENY, ...change })).toBeUndefined();
  });

  it('is quoted by the place of a statement without an id', () => {
    const { Sid: _, ...unnamed } = DENY;
    expect(find({ ...DENY, Effect: 'Allow' }, unnamed)).toBe('statement 2');
  });

  it('may be one statement alone', () => {
    expect(denialFor(JSON.stringify({ Statement: DENY }), READER)).toBe('OnlyCloudFront');
  });
});
