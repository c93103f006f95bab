import { type AwsRequest, LOCAL_ACCOUNT, LOCAL_REGION, urlOf } from '../../kernel/aws-api.ts';

/** The region of a call, which may be another one than that of the stacks. */
export function regionOf({ headers }: AwsRequest): string {
  return (
    /Credential=[^,]*\/\d{8}\/([\w-]+)\/\w+\/aws4_request/.exec(headers.authorization ?? '')?.[1] ??
    LOCAL_REGION
  );
}

/** The address in `Name <address>`, or the address itself. */
export function addressIn(sender: string): string {
  return /<([^>]+)>\s*$/.exec(sender)?.[1] ?? sender;
}

export function identityArn(region: string, name: string): string {
  return sesArn(region, `identity/${name}`);
}

export function configurationSetArn(region: string, name: string): string {
  return sesArn(region, `configuration-set/${name}`);
}

const sesArn = (region: string, resource: string) => `arn:aws:ses:${region}:${LOCAL_ACCOUNT}:${resource}`;

/** The operation of SES v2 that a request asks for, and the identity in its path. */
export function operationOf({ method, url }: AwsRequest): { readonly action: string; readonly name: string } {
  const { pathname } = urlOf({ url });
  for (const [action, ofMethod, path] of OPERATIONS) {
    const match = method === ofMethod ? path.exec(pathname) : null;
    if (match !== null) return { action, name: decodeURIComponent(match[1] ?? '') };
  }
  return { action: `${method} ${pathname}`, name: '' };
}

const OPERATIONS: readonly (readonly [action: string, method: string, path: RegExp])[] = [
  ['GetAccount', 'GET', /^\/v2\/email\/account$/],
  ['SendEmail', 'POST', /^\/v2\/email\/outbound-emails$/],
  ['CreateEmailIdentity', 'POST', /^\/v2\/email\/identities$/],
  ['GetEmailIdentity', 'GET', /^\/v2\/email\/identities\/([^/]+)$/],
  ['DeleteEmailIdentity', 'DELETE', /^\/v2\/email\/identities\/([^/]+)$/],
  [
    'PutEmailIdentityConfigurationSetAttributes',
    'PUT',
    /^\/v2\/email\/identities\/([^/]+)\/configuration-set$/,
  ],
  ['TagResource', 'POST', /^\/v2\/email\/tags$/],
  ['UntagResource', 'DELETE', /^\/v2\/email\/tags$/],
];
