import { capability } from '../../kernel/capability.ts';
import type { Service } from '../../kernel/service.ts';
import { type ResourceTypes, refOnly } from '../../template/resource.ts';
import { createPublisher, type Deployment, deploymentsOf, publishDeployments } from './bucket-deployment.ts';

export interface CdkOptions {
  /** Uploads the page as a deployment does. @default true */
  readonly deployWebsite?: boolean;
}

/** Uploads a file with the headers of the template's deployment; without content, removes it. */
export const publishFile = capability<[file: string, content: Buffer | undefined], Promise<void>>(
  'cdk.publishFile',
);

const types: ResourceTypes = {
  'Custom::CDKBucketDeployment': {
    identity: ({ logicalId }) => refOnly(logicalId),
    emulated: ['DestinationBucketName', 'Prune', 'SourceObjectKeys', 'SystemMetadata'],
    accepted: ['OutputObjectKeys', 'ServiceToken', 'SourceBucketNames', 'WaitForDistributionInvalidation'],
  },
};

/**
 * CDK's own custom resources, emulated without the functions that it deploys for them, which need
 * Python.
 */
export const cdk: Service<readonly Deployment[], CdkOptions> = {
  name: 'cdk',
  types,
  parse: deploymentsOf,
  start(deployments, { options: { deployWebsite = true }, callAws, store }) {
    return {
      offers: [publishFile.offer(createPublisher(deployments, callAws, store))],
      async begin() {
        if (deployWebsite) await publishDeployments(deployments, callAws, store);
        return undefined;
      },
    };
  },
};
