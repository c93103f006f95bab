import { type ApiTraits, type Denial, fieldsOf, type Requirement } from '../../kernel/api-traits.ts';
import { type AwsRequest, type AwsResponse, jsonErrorResponse } from '../../kernel/aws-api.ts';
import { accessDenied, denialMessage } from '../../kernel/permissions/refusal.ts';
import { addressIn, identityArn, operationOf, regionOf } from './ses-request.ts';

interface Fields {
  readonly FromEmailAddress: string;
  readonly Content: { readonly Raw?: unknown };
  readonly EmailIdentity: string;
  readonly Tags: readonly unknown[];
  readonly ResourceArn: string;
}

export const sesApi: ApiTraits = {
  actionOf: request => operationOf(request).action,
  requirementsOf,
  refuse,
};

function requirementsOf(request: AwsRequest, action: string): readonly Requirement[] | undefined {
  const fields = fieldsOf<Fields>(request.body);
  const region = regionOf(request);
  const onIdentity = (name: string) => ({ action: `ses:${action}`, resource: identityArn(region, name) });
  switch (action) {
    case 'SendEmail':
      return [sending(region, fields)];
    case 'CreateEmailIdentity': {
      const creating = onIdentity(fields.EmailIdentity ?? '');
      return fields.Tags === undefined ? [creating] : [creating, { ...creating, action: 'ses:TagResource' }];
    }
    case 'GetEmailIdentity':
    case 'DeleteEmailIdentity':
      return [onIdentity(operationOf(request).name)];
    case 'TagResource':
      return [{ action: 'ses:TagResource', resource: fields.ResourceArn ?? '' }];
    case 'UntagResource': {
      const resource = new URL(request.url, 'http://aws').searchParams.get('ResourceArn') ?? '';
      return [{ action: 'ses:UntagResource', resource }];
    }
    default:
      return undefined;
  }
}

/** SES v2 has one operation; IAM keeps the two actions of v1 for it. */
function sending(region: string, { FromEmailAddress = '', Content }: Partial<Fields>): Requirement {
  const address = addressIn(FromEmailAddress);
  return {
    action: Content?.Raw === undefined ? 'ses:SendEmail' : 'ses:SendRawEmail',
    resource: identityArn(region, address),
    context: { 'ses:FromAddress': address },
  };
}

function refuse(denial: Denial): AwsResponse {
  const { principal, action, resource } = denial;
  // SES has words of its own, as its users quote it.
  const message = principal?.startsWith('arn:')
    ? `User \`${principal}' is not authorized to perform \`${action}' on resource \`${resource}'`
    : denialMessage(denial);
  return jsonErrorResponse(accessDenied(message), '1.1');
}
