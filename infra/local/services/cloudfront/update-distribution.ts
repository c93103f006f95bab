import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { AwsError, type AwsRequest } from '../../kernel/aws-api.ts';
import type { Distribution } from './distribution.ts';
import { distributionETag } from './distribution-xml.ts';

/**
 * Reads UpdateDistribution: the whole configuration, as CloudFormation would write it.
 *
 * @throws AwsError as CloudFront refuses an update without the ETag of what it changes
 */
export function readUpdate(
  { headers, body }: Pick<AwsRequest, 'headers' | 'body'>,
  present: Distribution,
): unknown {
  const known = headers['if-match'];
  if (known === undefined)
    throw new AwsError('InvalidIfMatchVersion', 'The If-Match version is missing or not valid.', 400);
  if (known !== distributionETag(present))
    throw new AwsError('PreconditionFailed', 'The precondition in If-Match evaluated to false.', 412);
  const { DistributionConfig } = Body.parse(parser.parse(body.toString('utf8')));
  return configOf(DistributionConfig);
}

const parser = new XMLParser({ ignoreDeclaration: true });
const Members = z.record(z.string(), z.unknown());
const Body = z.object({ DistributionConfig: Members });

/** Members that have another name in CloudFormation. */
const RENAMED: Readonly<Record<string, string>> = {
  CustomHeaders: 'OriginCustomHeaders',
  OriginSslProtocols: 'OriginSSLProtocols',
  IsIPV6Enabled: 'IPV6Enabled',
};

/** Members that CloudFormation does not have, or whose usual value it leaves out. */
const LEFT_OUT = new Set(['CallerReference', 'OriginGroups', 'Staging', 'Restrictions', 'ViewerCertificate']);

function configOf(members: z.infer<typeof Members>): Record<string, unknown> {
  const { Logging, ...others } = members;
  const logging = Members.optional().parse(Logging);
  const config = Members.parse(converted(others));
  const { Enabled, ...target } = logging ?? {};
  return Enabled === true ? { ...config, Logging: target } : config;
}

/** The API's lists become plain ones, and `AllowedMethods` two. */
function converted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(converted);
  if (typeof value !== 'object' || value === null) return value;
  const { CachedMethods, Quantity, Items, ...members } = Members.parse(value);
  if (Quantity !== undefined) return itemsOf(Items);
  const entries = Object.entries(members)
    .filter(([name, member]) => !LEFT_OUT.has(name) && member !== '')
    .flatMap(([name, member]): [string, unknown][] =>
      name === 'AllowedMethods'
        ? [
            [name, converted(member)],
            ['CachedMethods', converted(Members.parse(member)['CachedMethods'])],
          ]
        : [[RENAMED[name] ?? name, converted(member)]],
    );
  return Object.fromEntries(entries);
}

/** One element in a list looks like the element itself. */
function itemsOf(items: unknown): unknown[] {
  if (items === undefined || items === '') return [];
  return Object.values(Members.parse(items)).flat().map(converted);
}
