import { sendAnswer } from '../../shared/aws/deployment-answers.ts';
import { createDistributions } from '../../shared/aws/distributions.ts';
import { createBuckets } from '../../shared/aws/site-buckets.ts';
import { distributionLookup } from '../../shared/deployment/distribution-lookup.ts';
import { resourceHandler } from '../../shared/deployment/resource-handler.ts';

/** Custom resource: an existing distribution, which must show the bucket. Both are checked. */
export const handler = resourceHandler(
  distributionLookup(createDistributions(), createBuckets()),
  sendAnswer,
);
