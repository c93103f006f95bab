import { sendAnswer } from '../../shared/aws/deployment-answers.ts';
import { createDistributions } from '../../shared/aws/distributions.ts';
import { distributionLookup } from '../../shared/deployment/distribution-lookup.ts';
import { resourceHandler } from '../../shared/deployment/resource-handler.ts';

/** Custom resource: an existing distribution, which must show the bucket. */
export const handler = resourceHandler(distributionLookup(createDistributions()), sendAnswer);
