import { sendAnswer } from '../../shared/aws/deployment-answers.ts';
import { createDistributions } from '../../shared/aws/distributions.ts';
import { distributionLookup } from '../../shared/deployment/distribution-lookup.ts';
import { resourceHandler } from '../../shared/deployment/resource-handler.ts';

/** Custom resource: a distribution that there is already, and that must show the bucket. */
export const handler = resourceHandler(distributionLookup(createDistributions()), sendAnswer);
