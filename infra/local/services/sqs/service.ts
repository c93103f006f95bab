import { z } from 'zod';
import { arnOf } from '../../kernel/arn.ts';
import { LOCAL_ACCOUNT } from '../../kernel/aws-api.ts';
import { capability } from '../../kernel/capability.ts';
import { type AccessRules, policyOf } from '../../kernel/permissions/policies.ts';
import type { Service } from '../../kernel/service.ts';
import type { Account } from '../../template/account.ts';
import { type ResourceTypes, refOnly } from '../../template/resource.ts';
import { fauxqsEmulator } from '../fauxqs/service.ts';
import { sqsApi } from './api.ts';
import { createSqs, ensureQueue, measureQueueIn, type QueueDefinition, type QueueFigures } from './queues.ts';

/** Figures of a queue for CloudWatch; no API of SQS returns all of them. */
export const measureQueue = capability<[queueName: string], QueueFigures>('sqs.measureQueue');

const types: ResourceTypes = {
  'AWS::SQS::Queue': {
    identity: ({ named, endpoint }) => {
      const name = named('QueueName');
      const url = `${endpoint}/${LOCAL_ACCOUNT}/${name}`;
      return { ref: url, attributes: { Arn: arnOf('sqs', name), QueueName: name, QueueUrl: url } };
    },
    emulated: [
      'QueueName',
      'MessageRetentionPeriod',
      'VisibilityTimeout',
      'RedrivePolicy',
      'SqsManagedSseEnabled',
    ],
  },
  'AWS::SQS::QueuePolicy': {
    identity: ({ logicalId }) => refOnly(logicalId),
    emulated: ['PolicyDocument', 'Queues'],
  },
};

function access(account: Account): AccessRules {
  const arns = new Map(account.all('AWS::SQS::Queue').map(({ ref, attributes }) => [ref, attributes['Arn']]));
  return {
    resourcePolicies: account.all('AWS::SQS::QueuePolicy').flatMap(({ logicalId, properties }) => {
      const policy = policyOf(logicalId, properties['PolicyDocument']);
      const urls = z.array(z.string()).parse(properties['Queues']);
      return urls.map(url => [arns.get(url) ?? url, policy] as const);
    }),
  };
}

export const sqs: Service<readonly QueueDefinition[]> = {
  name: 'sqs',
  types,
  apis: { sqs: sqsApi },
  needs: [fauxqsEmulator],
  access,
  parse: account =>
    account.all('AWS::SQS::Queue').map(({ ref, attributes, properties }) => ({
      name: attributes['QueueName'] ?? '',
      url: ref,
      attributes: queueAttributes(properties),
    })),
  start(queues, cloud) {
    const { handle, sqsStore } = cloud.use(fauxqsEmulator)();
    for (const queue of queues) ensureQueue(sqsStore, queue);
    return {
      apis: { sqs: createSqs(handle, sqsStore) },
      removes: { 'AWS::SQS::Queue': ({ ref }) => void sqsStore.deleteQueue(ref) },
      offers: [measureQueue.offer(name => measureQueueIn(sqsStore, name))],
    };
  },
};

/** CloudFormation has numbers and objects where the API of SQS has strings. */
function queueAttributes({
  QueueName: _,
  ...properties
}: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
}
