import { operationOf as operationNamedIn } from '../../kernel/action-names.ts';
import { type ApiTraits, type Denial, fieldsOf, type Requirement } from '../../kernel/api-traits.ts';
import { AwsError, type AwsRequest, type AwsResponse, urlOf } from '../../kernel/aws-api.ts';
import { accessDenied, denialMessage } from '../../kernel/permissions/refusal.ts';
import { queryParameters } from '../../kernel/query-protocol.ts';
import { addressIn, identityArn, operationOf, regionOf } from './ses-request.ts';
import { isVersion1, OF_VERSION_1, sesErrorResponse } from './versions.ts';

interface Fields {
  readonly FromEmailAddress: string;
  readonly Content: { readonly Raw?: unknown };
  readonly EmailIdentity: string;
  readonly Tags: readonly unknown[];
  readonly ResourceArn: string;
}

export const sesApi: ApiTraits = {
  actionOf: request => (isVersion1(request) ? operationNamedIn(request) : operationOf(request).action),
  requirementsOf,
  refuse,
};

function requirementsOf(request: AwsRequest, action: string): readonly Requirement[] | undefined {
  if (isVersion1(request)) return requirementsOfVersion1(request, action);
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
      const resource = urlOf(request).searchParams.get('ResourceArn') ?? '';
      return [{ action: 'ses:UntagResource', resource }];
    }
    default:
      return undefined;
  }
}

/** The sender of a raw mail may stand in the mail alone, where it is not looked for. */
function requirementsOfVersion1(request: AwsRequest, action: string): readonly Requirement[] | undefined {
  const source = queryParameters(request).get('Source');
  if (source === null || !OF_VERSION_1.includes(action)) return undefined;
  return [sendingAs(source, regionOf(request), `ses:${action}`)];
}

/** SES v2 has one operation; IAM keeps the two actions of v1 for it. */
function sending(region: string, { FromEmailAddress = '', Content }: Partial<Fields>): Requirement {
  const action = Content?.Raw === undefined ? 'ses:SendEmail' : 'ses:SendRawEmail';
  return sendingAs(FromEmailAddress, region, action);
}

function sendingAs(sender: string, region: string, action: string): Requirement {
  const address = addressIn(sender);
  return { action, resource: identityArn(region, address), context: { 'ses:FromAddress': address } };
}

function refuse(denial: Denial, request: AwsRequest): AwsResponse {
  const { principal, action, resource } = denial;
  // SES has words of its own, as its users quote it.
  const message = principal?.startsWith('arn:')
    ? `User \`${principal}' is not authorized to perform \`${action}' on resource \`${resource}'`
    : denialMessage(denial);
  return sesErrorResponse(
    request,
    isVersion1(request) ? new AwsError('AccessDenied', message, 403) : accessDenied(message),
  );
}
