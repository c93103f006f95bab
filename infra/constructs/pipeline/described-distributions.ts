import { type IResolvable, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { Distribution } from '../../../shared/refresh/distribution.ts';
import type { SiteDistribution, VerificationHeader } from './auto-invalidation-props.ts';
import { uniquePath } from './unique-path.ts';

/**
 * The variables of one function hold 4 KB (Lambda developer guide, "Lambda quotas"). What the
 * deployment names, such as a table and a state machine, takes up to 200 bytes more than is counted
 * here.
 */
const ENVIRONMENT_BYTES = 4096 - 200;

/** An id such as `E2EXAMPLE1ABCD`, and a domain such as `d111111abcdef8.cloudfront.net`. */
const REFERRED_BYTES = { id: 14, domain: 29 };

export interface DistributionsOptions {
  /** The function's other variables. */
  readonly others: Readonly<Record<string, string>>;
  /**
   * Whether the function asks the edge. No other one is told how.
   * @default false
   */
  readonly verifies?: boolean;
}

/**
 * The environment of a function that works for distributions: they are JSON in `DISTRIBUTIONS`.
 * Only the deployment knows their ids and domains.
 *
 * @throws Error naming how many fit, if Lambda would refuse so many
 */
export function environmentWith(
  user: IConstruct,
  distributions: readonly SiteDistribution[],
  { others, verifies = false }: DistributionsOptions,
): Record<string, string> {
  const environmentOf = (some: readonly SiteDistribution[]) => ({
    ...others,
    DISTRIBUTIONS: Stack.of(user).toJsonString(some.map(each => described(each, verifies))),
  });
  const fits = (count: number) =>
    sizeOf(user, environmentOf(distributions.slice(0, count))) <= ENVIRONMENT_BYTES;
  if (!fits(distributions.length)) {
    const most = distributions.findIndex((_, index) => !fits(index + 1));
    throw new Error(
      `${user.node.path}: ${distributions.length} distributions are too many for Lambda, whose environment variables hold 4 KB: at most ${most} of these fit. Give the others to another AutoInvalidation with other keyPrefixes`,
    );
  }
  return environmentOf(distributions);
}

/** A single one, as JSON. */
export function describedAlone(user: IConstruct, distribution: SiteDistribution): string {
  return Stack.of(user).toJsonString(described(distribution, false));
}

/** What the schema of shared/refresh/distribution.ts takes for granted is left out. */
function described(
  { distribution, ...site }: SiteDistribution,
  verifies: boolean,
): Partial<Record<keyof Distribution, unknown>> {
  const { verificationHeaders = {}, errorPages = [] } = site;
  const urls = unlessDefault(
    {
      originPath: site.originPath,
      extensionless: site.extensionlessUrls,
      rootObject: site.rootObject,
      cachesQueryStrings: flag(site.cachesQueryStrings),
    },
    { originPath: '', extensionless: false, rootObject: 'index.html', cachesQueryStrings: 'false' },
  );
  const hasHeaders = verifies && Object.keys(verificationHeaders).length > 0;
  return {
    id: distribution.distributionId,
    url: site.url ?? `https://${distribution.distributionDomainName}`,
    ...(Object.keys(urls).length === 0 ? {} : { urls }),
    ...unlessDefault({ honoursNoStore: flag(site.honoursNoStore) }, { honoursNoStore: 'true' }),
    ...(errorPages.length === 0 ? {} : { errorPages: [...errorPages] }),
    ...(verifies && site.verify === false ? { verify: 'false' } : {}),
    ...(hasHeaders ? { verificationHeaders: describedHeaders(verificationHeaders) } : {}),
  };
}

/**
 * Where the values are, never the values. A secret that was imported by name is found by it: its
 * ARN ends with characters that only Secrets Manager knows.
 */
function describedHeaders(headers: Readonly<Record<string, VerificationHeader>>) {
  return Object.fromEntries(
    Object.entries(headers).map(([name, { secret, field }]) => [
      name.toLowerCase(),
      { secret: secret.secretFullArn ?? secret.secretName, ...(field === undefined ? {} : { field }) },
    ]),
  );
}

function unlessDefault(
  values: Readonly<Record<string, unknown>>,
  defaults: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const chosen = Object.entries(values).filter(
    ([name, value]) => value !== undefined && value !== defaults[name],
  );
  return Object.fromEntries(chosen);
}

/**
 * CloudFormation serialises a boolean that it found out as a string, so every boolean here is one.
 */
function flag(value: boolean | IResolvable | undefined): string | IResolvable | undefined {
  return typeof value === 'boolean' ? String(value) : value;
}

/** As Lambda measures it: its refusals show the variables as one JSON object. */
function sizeOf(user: IConstruct, environment: Readonly<Record<string, string>>): number {
  const whole = { POWERTOOLS_SERVICE_NAME: uniquePath(user), ...environment };
  return bytesOf(Stack.of(user).resolve(Stack.of(user).toJsonString(whole)));
}

/** Counts a reference as what it becomes in the deployment; as nothing if that is not known. */
function bytesOf(resolved: unknown): number {
  if (typeof resolved === 'string') return Buffer.byteLength(resolved);
  if (resolved === null || typeof resolved !== 'object') return 0;
  const [[name, argument] = ['', undefined]] = Object.entries(resolved);
  if (name === 'Fn::Join' && Array.isArray(argument) && Array.isArray(argument[1]))
    return argument[1].reduce((total, part) => total + bytesOf(part), 0);
  if (name === 'Ref' && !String(argument).startsWith('AWS::')) return REFERRED_BYTES.id;
  return name === 'Fn::GetAtt' && String(argument).endsWith('DomainName') ? REFERRED_BYTES.domain : 0;
}
