import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { parsed } from '../../../shared/parsed.ts';
import { type Distribution, distributionOf } from '../../../shared/refresh/distribution.ts';
import { customErrorPages } from '../../../shared/refresh/error-pages.ts';
import type { KeptErrorPages } from '../../../shared/refresh/kept-error-pages.ts';
import {
  behavioursIn,
  CachePolicyConfig,
  DistributionConfig,
  ResponseHeadersPolicyConfig,
} from '../../../shared/sites/configuration.ts';
import { bucketsShownBy, describe, showsWebsite } from '../../../shared/sites/describe.ts';
import type { Description, Website } from '../../../shared/sites/description.ts';
import type { FoundDistribution } from '../../../shared/sites/found-distribution.ts';
import {
  MANAGED_CACHE_POLICIES,
  MANAGED_RESPONSE_HEADERS_POLICIES,
} from '../../../shared/sites/managed-policies.ts';
import { type ConfigurationParts, readConfiguration } from '../../../shared/sites/read-configuration.ts';
import { readWebsite, WebsiteConfiguration } from '../../../shared/sites/read-website.ts';
import type { Told } from '../../../shared/sites/told.ts';
import { unknownsIn } from '../../../shared/sites/unknowns.ts';

/** Files that the AWS CLI has printed of a site. */
export interface SiteFiles {
  readonly distribution: string;
  readonly cachePolicy?: readonly string[] | undefined;
  readonly responseHeadersPolicy?: readonly string[] | undefined;
  readonly website?: string | undefined;
  /** Needed if the distribution shows several buckets. */
  readonly bucket?: string | undefined;
}

/** A site as a plan needs it, and what is not known of it. */
export interface PlannedSite {
  readonly bucket: string;
  readonly description: Description;
  readonly urls: Distribution['urls'];
  /** A sentence each, with what to do. */
  readonly notKnown: readonly string[];
}

/** @throws Error naming a file that cannot be read or is another one, or a missing policy */
export function readSite(files: SiteFiles, told: Told): PlannedSite {
  const { domainName, config } = readDistribution(files.distribution);
  const parts = {
    cachePolicies: new Map([...MANAGED_CACHE_POLICIES, ...readPolicies(files.cachePolicy, CACHE_POLICY)]),
    responseHeadersPolicies: readPolicies(files.responseHeadersPolicy, RESPONSE_HEADERS_POLICY),
    functionVersions: new Map(),
  };
  const found = readConfiguration(domainName, config, parts);
  const bucket = bucketShownBy(found, files);
  const website = files.website === undefined ? undefined : readWebsiteFile(files.website);
  const isWebsite = showsWebsite(found, bucket);
  const description = describe(found, bucket, isWebsite ? (website ?? USUAL_WEBSITE) : undefined);
  requireCachePolicies(config, description, parts);
  return {
    bucket,
    description,
    urls: distributionOf('', told, description).urls,
    notKnown: [
      ...unknownsIn(told, description),
      ...(isWebsite && website === undefined ? [noWebsite(bucket)] : []),
      ...unreadHeaders(config, parts),
    ],
  };
}

/** Error pages among changed keys. What they were stored with before is not known. */
export function changedPages(
  changedKeys: readonly string[],
  { description, urls }: PlannedSite,
): KeptErrorPages | undefined {
  const pages = customErrorPages(description, urls);
  return pages.keptOf(changedKeys.filter(key => pages.includes(key)).map(key => ({ key })));
}

const USUAL_WEBSITE: Website = { indexDocument: 'index.html' };

const noWebsite = (bucket: string) =>
  `The index document of the bucket's website is taken to be ${USUAL_WEBSITE.indexDocument}, and its error document and routing rules are not known. To have them read, give --website FILE; ${print(`s3api get-bucket-website --bucket ${bucket}`)}.`;

const print = (command: string) => `print it by: aws ${command} --output json`;

const Members = z.record(z.string(), z.unknown());

function readJson(file: string, command: string): z.infer<typeof Members> {
  try {
    return Members.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    const reason =
      error instanceof Error && 'code' in error ? `cannot be read (${error.code})` : 'is no JSON';
    throw new Error(`${file} ${reason}; ${print(command)}`, { cause: error });
  }
}

const notThat = (file: string, command: string) =>
  new Error(`${file} is not what the AWS CLI prints; ${print(command)}`);

const GET_DISTRIBUTION = 'cloudfront get-distribution-config --id ID';

/** What `get-distribution-config` prints, or `get-distribution`, which also has the domain. */
function readDistribution(file: string): { domainName: string; config: DistributionConfig } {
  const json = readJson(file, GET_DISTRIBUTION);
  const Whole = z.object({ DomainName: z._default(z.string(), '') });
  const whole = Members.safeParse(json['Distribution']).data ?? json;
  const config = whole['DistributionConfig'];
  if (config === undefined) throw notThat(file, GET_DISTRIBUTION);
  return {
    domainName: Whole.parse(whole).DomainName,
    config: parsed(DistributionConfig, config, `The distribution in ${file}`),
  };
}

interface PolicyKind<Config> {
  /** The member of what the AWS CLI prints; `…List` for a list, `…Config` below it. */
  readonly member: 'CachePolicy' | 'ResponseHeadersPolicy';
  readonly command: string;
  readonly option: string;
  readonly read: (config: unknown, what: string) => Config;
}

const CACHE_POLICY: PolicyKind<CachePolicyConfig> = {
  member: 'CachePolicy',
  command: 'cloudfront get-cache-policy',
  option: '--cache-policy',
  read: (config, what) => parsed(CachePolicyConfig, config, what),
};

const RESPONSE_HEADERS_POLICY: PolicyKind<ResponseHeadersPolicyConfig> = {
  member: 'ResponseHeadersPolicy',
  command: 'cloudfront get-response-headers-policy',
  option: '--response-headers-policy',
  read: (config, what) => parsed(ResponseHeadersPolicyConfig, config, what),
};

const Items = z.object({ Items: z.array(Members) });

/** Each file holds what `get-…` prints of one policy, or `list-…` of several. */
function readPolicies<Config>(files: readonly string[] = [], kind: PolicyKind<Config>): Map<string, Config> {
  const { member, read } = kind;
  const command = `${kind.command} --id ID`;
  return new Map(
    files.flatMap(file => {
      const json = readJson(file, command);
      const listed = Items.safeParse(json[`${member}List`]).data?.Items ?? [json];
      return listed.map(item => {
        const policy = Members.safeParse(item[member]).data;
        const id = policy?.['Id'];
        if (policy === undefined || typeof id !== 'string') throw notThat(file, command);
        return [id, read(policy[`${member}Config`], `The policy ${id} in ${file}`)] as const;
      });
    }),
  );
}

function readWebsiteFile(file: string): Website | undefined {
  const command = 's3api get-bucket-website --bucket BUCKET';
  const json = readJson(file, command);
  return readWebsite(parsed(WebsiteConfiguration, json, `The website in ${file}`));
}

function bucketShownBy(found: FoundDistribution, { distribution, bucket }: SiteFiles): string {
  const buckets = bucketsShownBy(found);
  const origins = found.origins.map(({ domainName }) => domainName).join(', ');
  if (bucket !== undefined && !buckets.includes(bucket))
    throw new Error(
      `The distribution in ${distribution} does not show ${bucket}: its origins are ${origins}`,
    );
  const [first, ...others] = bucket === undefined ? buckets : [bucket];
  if (first === undefined)
    throw new Error(`The distribution in ${distribution} shows no bucket of S3: its origins are ${origins}`);
  if (others.length > 0)
    throw new Error(
      `The distribution in ${distribution} shows several buckets. Name the one that changes: --bucket ${buckets.join(' or --bucket ')}`,
    );
  return first;
}

/** Only those that decide something: of the behaviours that show the bucket. */
function requireCachePolicies(
  config: DistributionConfig,
  { behaviours }: Description,
  { cachePolicies }: ConfigurationParts,
): void {
  const missing = behavioursIn(config)
    .filter((_, index) => behaviours[index]?.originPaths.length !== 0)
    .map(({ CachePolicyId }) => CachePolicyId)
    .filter(id => id !== '' && !cachePolicies.has(id));
  if (missing.length === 0) return;
  const { option, command } = CACHE_POLICY;
  const each = [...new Set(missing)].map(
    id =>
      `The cache policy ${id} is not known. Give it with ${option} FILE; ${print(`${command} --id ${id}`)}`,
  );
  throw new Error(each.join('\n'));
}

function unreadHeaders(
  config: DistributionConfig,
  { responseHeadersPolicies }: ConfigurationParts,
): string[] {
  const { option, command } = RESPONSE_HEADERS_POLICY;
  return [...new Set(behavioursIn(config).map(({ ResponseHeadersPolicyId }) => ResponseHeadersPolicyId))]
    .filter(id => id !== '' && !responseHeadersPolicies.has(id) && !MANAGED_RESPONSE_HEADERS_POLICIES.has(id))
    .map(
      id =>
        `What the response headers policy ${id} changes is not known. It decides no path. To have it read, give ${option} FILE; ${print(`${command} --id ${id}`)}.`,
    );
}
