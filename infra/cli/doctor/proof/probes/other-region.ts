import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import type { Refresh } from '../../../../../shared/refresh/refresh.ts';
import { counted } from '../../../terminal/words.ts';
import { isDenied, isServiceError } from '../../aws-errors.ts';
import { type Finding, judged, untestable } from '../../finding.ts';
import type { Probe, Trial } from '../trial.ts';
import { getInvalidation, type SeenInvalidation } from '../trial-invalidations.ts';

/** The region of CloudFront's only endpoint. */
const CLOUDFRONT_REGION = 'us-east-1';
const ANOTHER_REGION = 'eu-central-1';

/** An id that no invalidation has. */
const UNKNOWN_ID = 'IDOCTORDOCTORDOCTORDOCTOR0';

/** CloudFront is asked from whatever region the pipeline is in. */
export const otherRegion: Probe = {
  name: 'CloudFront from another region',
  asksEdge: false,
  cost: { files: 0, paths: 0 },
  async *run(trial) {
    yield await askFromElsewhere(trial);
    yield await askForUnknown(trial);
    yield judgeWorkflow(trial.stack.client.region, trial.refreshes.ended);
  },
};

async function askFromElsewhere({ stack, site, invalidations }: Trial): Promise<Finding> {
  const about = 'GetInvalidation answers every region alike';
  const region = stack.client.region === CLOUDFRONT_REGION ? ANOTHER_REGION : CLOUDFRONT_REGION;
  const [id] = await invalidations.ids();
  if (id === undefined) return { about, ...untestable('the distribution has no invalidation yet') };
  const here = await invalidations.get(id);
  const client = new CloudFrontClient({ ...stack.client, region });
  const there = await getInvalidation(client, site.distribution.id, id);
  const isSame = describe(here) === describe(there);
  return {
    about,
    ...judged(
      isSame,
      isSame
        ? `from ${stack.client.region} and ${region}: ${describe(here)}`
        : `from ${stack.client.region}: ${describe(here)}; from ${region}: ${describe(there)}`,
      WORKFLOW,
    ),
  };
}

async function askForUnknown({ invalidations }: Trial): Promise<Finding> {
  const about = 'GetInvalidation names its errors as documented';
  const answer = await invalidations.get(UNKNOWN_ID).then(
    () => 'an invalidation',
    (error: unknown) => {
      if (!isServiceError(error) || isDenied(error)) throw error;
      return error.name;
    },
  );
  const isRight = answer === 'NoSuchInvalidation';
  return { about, ...judged(isRight, `for an unknown id: ${answer}`, WORKFLOW) };
}

/** By the refreshes that the doctor caused: the workflow polled CloudFront for each. */
export function judgeWorkflow(region: string, refreshes: readonly Refresh[]): Finding {
  const about = 'the workflow polls CloudFront from another region';
  if (region === CLOUDFRONT_REGION)
    return { about, ...untestable(`the stack is in ${region}, where CloudFront is`) };
  const polled = refreshes.filter(({ invalidation }) => invalidation !== undefined);
  if (polled.length === 0) return { about, ...untestable('no refresh of the doctor had an invalidation') };
  const seen = polled.filter(({ verification }) => verification?.startedAt !== undefined);
  const isRight = seen.length === polled.length;
  return {
    about,
    ...judged(
      isRight,
      `from ${region} it saw ${seen.length} of ${polled.length} invalidations complete`,
      WORKFLOW,
    ),
  };
}

const WORKFLOW = 'See the states "Watch" of infra/workflows/refresh.asl.json, and RUNBOOK.md#refresh-failed.';

function describe({ id, status, paths }: SeenInvalidation): string {
  return `${id}, ${status}, ${counted(paths.length, 'path')}`;
}
