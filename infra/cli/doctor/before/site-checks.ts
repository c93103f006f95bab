import { attach, everyRule } from '../../../../shared/deployment/bucket-notifications.ts';
import { foldersOf, requireShown } from '../../../../shared/deployment/distribution-lookup.ts';
import { checkBucket, checkReading } from '../../../../shared/deployment/site-bucket-check.ts';
import { DeploymentRefusedError, LookupDeniedError } from '../../../../shared/errors.ts';
import { describe } from '../../../../shared/sites/describe.ts';
import { counted } from '../../terminal/words.ts';
import { confirmed, type Outcome, refuted } from '../finding.ts';
import { ask, UnansweredError } from './asking.ts';
import { denialFor } from './bucket-policy.ts';
import type { Check } from './check.ts';
import { judgeAnswer, judgeDistribution } from './distribution.ts';
import type { Site } from './ports.ts';
import type { ExistingSite, TargetWithSite } from './target.ts';

/** About a site that exists already: the same checks as the deployment's, and more. */
export function siteChecks(account: string, target: TargetWithSite, ports: Site): Check[] {
  const { bucket, distributions } = target.site;
  const inBucket = (find: () => Promise<Outcome>) => async () => {
    const { kind } = await ask('s3:ListBucket', () => ports.buckets.find(bucket, account));
    if (kind !== 'here') throw new UnansweredError(`the bucket ${bucket} is not there`);
    return find();
  };
  return [
    {
      about: 'bucket',
      async find() {
        const expected = { bucket, account, bucketKeyArn: target.site.bucketKeyArn };
        await ask('s3:ListBucket', () => checkBucket(expected, ports.buckets).catch(refuseDenied));
        return confirmed(`${bucket} is in ${target.region}, and the functions may decrypt its objects`);
      },
    },
    { about: "bucket's policy", find: inBucket(() => findReading(account, target, ports)) },
    { about: "bucket's notifications", find: inBucket(() => findNotifications(target, ports)) },
    ...distributions.flatMap(distribution => [
      {
        about: `distribution ${distribution.id}`,
        find: () => findDistribution(distribution.id, account, target, ports),
      },
      { about: `viewers of ${distribution.id}`, find: () => findAnswer(distribution, target, ports) },
    ]),
  ];
}

/** S3 denies a look at everybody else's bucket: most probably the name is wrong. */
function refuseDenied(error: unknown): never {
  throw error instanceof LookupDeniedError ? new DeploymentRefusedError(error.message) : error;
}

/** Whether the functions may read objects: by an attempt of these credentials, and by policy. */
async function findReading(account: string, target: TargetWithSite, ports: Site): Promise<Outcome> {
  const { stackName, site, commands } = target;
  const { bucket } = site;
  const roles = `${stackName}-*`;
  await ask('s3:GetObject', () => checkReading({ bucket, account, folder: '', roles }, ports.buckets));
  const policy = await ports.bucketPolicy(bucket);
  const role = `arn:aws:iam::${account}:role/${stackName}-`;
  if (policy === undefined) return confirmed(`${bucket} has none`);
  const denial = denialFor(policy, { object: `arn:aws:s3:::${bucket}/`, role });
  if (denial === undefined) return confirmed('it does not keep the functions from reading');
  return refuted(
    `the policy of ${bucket} denies reading to the functions as well (${denial}), so nothing could be verified`,
    `Add to the Condition of its Deny: "ArnNotLike": {"aws:PrincipalArn": "${role}*"}\nTo see it: ${commands.aws(`s3api get-bucket-policy --bucket ${bucket} --query Policy --output text`)}`,
  );
}

/** @throws DeploymentRefusedError if S3 would refuse the deployment's notification */
async function findNotifications({ site, commands }: TargetWithSite, ports: Site): Promise<Outcome> {
  const { bucket, events, notification } = site;
  const attachment = { ...notification, BucketName: bucket, QueueArn: '' };
  const look = commands.aws(`s3api get-bucket-notification-configuration --bucket ${bucket}`);
  let others = 0;
  await ask('s3:GetBucketNotification', () =>
    ports.notifications.change(bucket, configuration => {
      try {
        if (events === 'notifications') attach(configuration, attachment);
      } catch (error) {
        if (!(error instanceof DeploymentRefusedError)) throw error;
        throw new DeploymentRefusedError(`${error.message} To see it: ${look}`, { cause: error });
      }
      others = everyRule(configuration).length;
      // The same object: nothing is written.
      return configuration;
    }),
  );
  const beside = events === 'notifications' ? "the deployment's" : 'EventBridge, which takes all events';
  return confirmed(
    others === 0
      ? `${bucket} has none`
      : `${counted(others, 'notification')} of ${bucket} can stay beside ${beside}`,
  );
}

const TO_DESCRIBE =
  'cloudfront:GetDistribution, GetCachePolicy, GetResponseHeadersPolicy or DescribeFunction';

/** @throws DeploymentRefusedError if the deployment would refuse the distribution */
async function findDistribution(
  id: string,
  account: string,
  target: TargetWithSite,
  ports: Site,
): Promise<Outcome> {
  const { bucket } = target.site;
  const state = await ports.distribution(id);
  const found = await ask(TO_DESCRIBE, async () =>
    requireShown(id, await ports.distributions.find(id), { bucket, account }),
  );
  if (state === 'missing') throw new UnansweredError(`${id} has only just been made`);
  const shown = foldersOf(describe(found, bucket)).map(folder => `${bucket}/${folder}`.replace(/\/$/, ''));
  return judgeDistribution(id, state, shown.join(' and '), target);
}

/** Whether the edge lets itself be asked, as each verification asks it. */
async function findAnswer(
  { id, url }: ExistingSite['distributions'][number],
  { site: { verify } }: TargetWithSite,
  ports: Site,
): Promise<Outcome> {
  if (!verify) return confirmed('are not asked: verify=false');
  const state = url === undefined ? await ports.distribution(id) : undefined;
  if (state === 'missing') throw new UnansweredError(`there is no distribution ${id}`);
  const edge = await ask('secretsmanager:GetSecretValue', () =>
    ports.openEdge(url ?? `https://${state?.domainName}`),
  );
  return judgeAnswer(await edge.ask('/', { form: 'browser', withBody: false }), url, edge.host);
}
