import { arnOf } from '../../kernel/arn.ts';
import { type Identity, type ResourceTypes, stableId } from '../../template/resource.ts';

/** The id that CloudFront gives a distribution. */
export function distributionId(stackName: string, logicalId: string): string {
  return `E${stableId(`${stackName}-${logicalId}`, 13).toUpperCase()}`;
}

function withId(name: string): Identity {
  const id = stableId(name, 36);
  return { ref: id, attributes: { Id: id } };
}

export const cloudFrontTypes: ResourceTypes = {
  'AWS::CloudFront::Distribution': {
    identity: ({ stackName, logicalId }) => {
      const id = distributionId(stackName, logicalId);
      return { ref: id, attributes: { Id: id, DomainName: `d${id.slice(1).toLowerCase()}.cloudfront.net` } };
    },
    emulated: ['DistributionConfig'],
    accepted: ['Tags'],
    published: { urlOf: ({ attributes }) => `https://${attributes['DomainName']}`, port: 'site' },
  },
  'AWS::CloudFront::CachePolicy': {
    identity: ({ name }) => withId(name),
    emulated: ['CachePolicyConfig'],
  },
  'AWS::CloudFront::ResponseHeadersPolicy': {
    identity: ({ name }) => withId(name),
    emulated: ['ResponseHeadersPolicyConfig'],
  },
  'AWS::CloudFront::Function': {
    identity: ({ named }) => {
      const ref = arnOf('cloudfront', `function/${named('Name')}`, '');
      return { ref, attributes: { FunctionARN: ref } };
    },
    emulated: ['AutoPublish', 'FunctionCode', 'FunctionConfig', 'Name'],
  },
  'AWS::CloudFront::OriginAccessControl': {
    identity: ({ name }) => withId(name),
    emulated: [],
    accepted: ['OriginAccessControlConfig'],
  },
  'AWS::CloudFront::CloudFrontOriginAccessIdentity': {
    identity: ({ name }) => {
      const id = `E${stableId(name, 13).toUpperCase()}`;
      return { ref: id, attributes: { Id: id, S3CanonicalUserId: stableId(`${name}-user`, 64) } };
    },
    emulated: [],
    accepted: ['CloudFrontOriginAccessIdentityConfig'],
  },
};
