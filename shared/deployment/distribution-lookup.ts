import * as z from 'zod/mini';
import { DeploymentRefusedError, LookupDeniedError } from '../errors.ts';
import { parsed } from '../parsed.ts';
import { describeWithWebsite, isBucketDomain } from '../sites/describe.ts';
import { type Description, showing } from '../sites/description.ts';
import type { DistributionReader, FoundDistribution, WebsiteReader } from '../sites/found-distribution.ts';
import { keep, type LookDependencies } from '../sites/look.ts';
import { Told } from '../sites/told.ts';
import { signedIn, untoldIn } from '../sites/unknowns.ts';
import type { ATTRIBUTES } from './agreed.ts';
import type { ResourceKind } from './custom-resource.ts';
import { type Buckets, checkBucket, checkReading } from './site-bucket-check.ts';

export type Attributes = Readonly<Record<(typeof ATTRIBUTES)[number], string>>;

export interface LookupDependencies extends LookDependencies {
  readonly distributions: DistributionReader;
  readonly websites: WebsiteReader;
  readonly buckets: Buckets;
}

const Lookup = z.object({
  DistributionId: z.string(),
  BucketName: z.string(),
  Account: z.string(),
  BucketKeyArn: z._default(z.string(), ''),
  /**
   * Names of the roles that the deployment makes, as a pattern. Present if the bucket existed
   * before: then it is checked as well.
   */
  Roles: z.optional(z.string()),
  /** JSON. */
  Told: z.string(),
});

/**
 * A distribution and its bucket: checked, described, and kept for the pipeline. Nothing of them is
 * created or removed.
 */
export function distributionLookup(dependencies: LookupDependencies): ResourceKind {
  const { distributions, websites, buckets } = dependencies;
  return {
    idOf: properties => Lookup.parse(properties).DistributionId,
    async put(properties) {
      const { DistributionId, BucketName, Account, BucketKeyArn, Roles, ...json } = Lookup.parse(properties);
      const told = parsed(Told, JSON.parse(json.Told), 'What is told of the distribution');
      const bucket = { bucket: BucketName, account: Account };
      if (Roles !== undefined) await checkBucket({ ...bucket, bucketKeyArn: BucketKeyArn }, buckets);
      const found = requireShown(DistributionId, await distributions.find(DistributionId), bucket);
      const description = await describeWithWebsite(found, BucketName, websites);
      for (const folder of Roles === undefined ? [] : foldersOf(description))
        await checkReading({ ...bucket, folder, roles: Roles ?? '' }, buckets);
      await keep(DistributionId, description, dependencies, told);
      return attributesOf(DistributionId, description, told);
    },
    remove: async () => {},
  };
}

function attributesOf(id: string, description: Description, told: Told): Attributes {
  const folders = foldersOf(description).map(folder => (folder === '' ? 'the whole bucket' : folder));
  const untold = untoldIn(told, description);
  const signed = told.verify ? signedIn(description) : [];
  const sentences = [
    `${id} shows ${folders.join(' and ')}`,
    ...(untold.length === 0
      ? []
      : [
          `A function of the behaviour ${untold.join(', ')} may show objects at other URLs, which are neither purged nor verified: tell them by the option urls`,
        ]),
    ...(signed.length === 0
      ? []
      : [
          `Viewers of the behaviour ${signed.join(', ')} need signed URLs or cookies: the edge can be asked there only with a signed cookie in verificationHeaders`,
        ]),
  ];
  return { DomainName: description.domainName, Summary: sentences.join('. ') };
}

/** What a distribution shows of its bucket: `docs/`, or an empty string for all of it. */
export function foldersOf(description: Description): string[] {
  const paths = showing(description).flatMap(({ originPaths }) => originPaths);
  return [...new Set(paths)].map(path => (path === '' ? '' : `${path.slice(1)}/`));
}

/** At most 500 characters of a refusal are shown. */
const TO_LIST =
  "To list them with their origins: aws cloudfront list-distributions --query 'DistributionList.Items[].[Id,Origins.Items[].DomainName]'";

/**
 * @throws DeploymentRefusedError if there is no such distribution, if it does not show the bucket,
 *   or if it is multi-tenant
 * @throws LookupDeniedError if CloudFront denies looking; a new policy may not be in force yet
 */
export function requireShown(
  id: string,
  distribution: FoundDistribution | 'missing' | 'denied',
  { bucket, account }: { readonly bucket: string; readonly account: string },
): FoundDistribution {
  if (distribution === 'missing') {
    throw new DeploymentRefusedError(
      `There is no distribution ${id} in the account ${account}. Deploy again with another -c distributionId=ID, or with the credentials of its account. ${TO_LIST}`,
    );
  }
  if (distribution === 'denied') {
    throw new LookupDeniedError(
      `CloudFront denies looking at the distribution ${id}: it is not one of the account ${account}, or a policy forbids it. ${TO_LIST}`,
    );
  }
  const { aliases, origins, behaviours } = distribution;
  const name = [id, ...aliases].join(', ');
  if (distribution.isMultiTenant) {
    throw new DeploymentRefusedError(
      `The distribution ${name} is multi-tenant: its content is shown by the distributions of its tenants, each of which has invalidations of its own. That is not supported. Deploy again with the id of a standard distribution: -c distributionId=ID. ${TO_LIST}`,
    );
  }
  const shown = origins.filter(origin => isBucketDomain(origin.domainName, bucket));
  const ids = new Set(shown.flatMap(origin => origin.ids));
  if (!behaviours.some(({ originId }) => ids.has(originId))) {
    const found = origins.map(origin => origin.domainName).join(', ');
    throw new DeploymentRefusedError(
      `The distribution ${name} does not show the bucket ${bucket}: its origins are ${found}. Deploy again with another -c distributionId=ID or -c bucket=NAME. ${TO_LIST}`,
    );
  }
  return distribution;
}
