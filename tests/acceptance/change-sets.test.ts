import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFormationClient,
  CreateChangeSetCommand,
  DeleteChangeSetCommand,
  DeleteStackCommand,
  DescribeChangeSetCommand,
  DescribeStacksCommand,
  ExecuteChangeSetCommand,
  GetTemplateSummaryCommand,
  paginateDescribeStackEvents,
} from '@aws-sdk/client-cloudformation';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { EXISTING } from '../fixtures/existing-names.ts';
import { synthesiseExistingSite } from '../fixtures/existing-site.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { startSuccessiveCloud } from '../helpers/successive-clouds.ts';

const existingSite = mkdtempSync(join(tmpdir(), 'existing-site-'));
let cloud: LocalCloud;
let client: CloudFormationClient;
let sqs: SQSClient;

beforeAll(async () => {
  synthesiseExistingSite(existingSite);
  cloud = await startSuccessiveCloud({
    assemblyDirectory: existingSite,
    stackName: EXISTING.stackName,
    alarms: false,
    decidesAnew: true,
  });
  client = new CloudFormationClient(clientFor(cloud.endpoint));
  sqs = new SQSClient(clientFor(cloud.endpoint));
});
afterAll(async () => {
  await cloud?.stop();
  await rm(existingSite, { recursive: true });
});

const templateOf = (...queues: string[]) =>
  JSON.stringify({
    Parameters: { Suffix: { Type: 'String' } },
    Resources: Object.fromEntries(
      queues.map(id => [
        id,
        { Type: 'AWS::SQS::Queue', Properties: { QueueName: { 'Fn::Sub': `${id}-\${Suffix}` } } },
      ]),
    ),
    Outputs: { First: { Value: { Ref: queues[0] } } },
  });

const createChangeSet = (StackName: string, type: 'CREATE' | 'UPDATE', template: string) =>
  client.send(
    new CreateChangeSetCommand({
      StackName,
      ChangeSetName: 'changes',
      ChangeSetType: type,
      TemplateBody: template,
      Parameters: [{ ParameterKey: 'Suffix', ParameterValue: StackName.toLowerCase() }],
      Tags: [{ Key: 'owner', Value: 'tests' }],
    }),
  );
const execute = (StackName: string) =>
  client.send(new ExecuteChangeSetCommand({ StackName, ChangeSetName: 'changes' }));
const look = async (StackName: string) =>
  (await client.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0];
const hasQueue = (QueueName: string) =>
  sqs.send(new GetQueueUrlCommand({ QueueName })).then(
    () => true,
    () => false,
  );

/** Waits until a stack is in a state. */
const reaches = (name: string, StackStatus: string) =>
  expect.poll(() => look(name)).toMatchObject({ StackStatus });

async function deploy(name: string, type: 'CREATE' | 'UPDATE', template: string): Promise<void> {
  await createChangeSet(name, type, template);
  await execute(name);
  await reaches(name, `${type}_COMPLETE`);
}

async function eventsOf(StackName: string): Promise<string[]> {
  const told: string[] = [];
  for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName }))
    told.push(...StackEvents.map(event => `${event.LogicalResourceId} ${event.ResourceStatus}`));
  return told.reverse();
}

describe('A change set', () => {
  it('makes nothing before it is executed, and then its resources, outputs and tags', async () => {
    await createChangeSet('Made', 'CREATE', templateOf('Jobs'));
    expect(await look('Made')).toMatchObject({ StackStatus: 'REVIEW_IN_PROGRESS' });
    expect(await hasQueue('Jobs-made')).toBe(false);
    await execute('Made');
    await reaches('Made', 'CREATE_COMPLETE');
    expect(await hasQueue('Jobs-made')).toBe(true);
    expect(await look('Made')).toMatchObject({
      Outputs: [{ OutputKey: 'First', OutputValue: `${cloud.endpoint}/000000000000/Jobs-made` }],
      Parameters: [{ ParameterKey: 'Suffix', ParameterValue: 'made' }],
      Tags: [{ Key: 'owner', Value: 'tests' }],
    });
    expect(await eventsOf('Made')).toEqual([
      'Made CREATE_IN_PROGRESS',
      'Jobs CREATE_IN_PROGRESS',
      'Jobs CREATE_COMPLETE',
      'Made CREATE_COMPLETE',
    ]);
  });

  it('updates a stack: what stays keeps its content, what is left out is removed', async () => {
    await deploy('Updated', 'CREATE', templateOf('Kept', 'Dropped'));
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'Kept-updated' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'kept' }));
    await deploy('Updated', 'UPDATE', templateOf('Kept', 'Added'));
    expect(await Promise.all(['Kept', 'Added', 'Dropped'].map(id => hasQueue(`${id}-updated`)))).toEqual([
      true,
      true,
      false,
    ]);
    expect(cloud.outputsOf('Updated')).toEqual({ First: QueueUrl });
  });

  it('without changes fails, and says so as CloudFormation does', async () => {
    await deploy('Same', 'CREATE', templateOf('Jobs'));
    await createChangeSet('Same', 'UPDATE', templateOf('Jobs'));
    const changeSet = { StackName: 'Same', ChangeSetName: 'changes' };
    expect(await client.send(new DescribeChangeSetCommand(changeSet))).toMatchObject({
      Status: 'FAILED',
      ExecutionStatus: 'UNAVAILABLE',
      StatusReason: expect.stringContaining("The submitted information didn't contain changes."),
    });
    await expect(execute('Same')).rejects.toMatchObject({ name: 'InvalidChangeSetStatusException' });
    await client.send(new DeleteChangeSetCommand(changeSet));
    await expect(client.send(new DescribeChangeSetCommand(changeSet))).rejects.toMatchObject({
      name: 'ChangeSetNotFoundException',
    });
  });

  it('that cannot be made is rolled back, and its events tell the reason', async () => {
    const template = JSON.stringify({
      Resources: {
        Jobs: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'left-behind' } },
        Function: {
          Type: 'AWS::Lambda::Function',
          Properties: {
            ...{ Runtime: 'nodejs24.x', Handler: 'index.handler', Role: 'none' },
            Code: { S3Bucket: EXISTING.bucketName, S3Key: 'no-such.zip' },
          },
        },
      },
    });
    await createChangeSet('Failing', 'CREATE', template);
    await execute('Failing');
    await reaches('Failing', 'ROLLBACK_COMPLETE');
    expect(await eventsOf('Failing')).toContain('Function CREATE_FAILED');
    expect(await hasQueue('left-behind')).toBe(false);
    await client.send(new DeleteStackCommand({ StackName: 'Failing' }));
    await expect.poll(() => look('Failing').catch(error => error.message)).toMatch(/does not exist/);
  });

  it('is refused with a name that is taken, or for a stack that is not there', async () => {
    await createChangeSet('Twice', 'CREATE', templateOf('Jobs'));
    await expect(createChangeSet('Twice', 'CREATE', templateOf('Jobs'))).rejects.toMatchObject({
      name: 'AlreadyExistsException',
    });
    await expect(createChangeSet('Missing', 'UPDATE', templateOf('Jobs'))).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'Stack [Missing] does not exist',
    });
  });
});

describe('A stack', () => {
  it('that is deleted leaves nothing, and its id still tells its end', async () => {
    await deploy('Gone', 'CREATE', templateOf('Jobs'));
    const { StackId = '' } = (await look('Gone')) ?? {};
    await client.send(new DeleteStackCommand({ StackName: 'Gone' }));
    await reaches(StackId, 'DELETE_COMPLETE');
    expect(await hasQueue('Jobs-gone')).toBe(false);
    await expect(look('Gone')).rejects.toMatchObject({ name: 'ValidationError' });
    expect((await eventsOf(StackId)).at(-1)).toBe('Gone DELETE_COMPLETE');
  });

  it('tells its events in pages', async () => {
    const queues = Array.from({ length: 60 }, (_, index) => `Queue${index}`);
    await deploy('Large', 'CREATE', templateOf(...queues));
    expect(await eventsOf('Large')).toHaveLength(2 * (queues.length + 1));
  });

  it('is summarised from its template', async () => {
    const command = new GetTemplateSummaryCommand({ TemplateBody: templateOf('Jobs') });
    expect(await client.send(command)).toMatchObject({
      Parameters: [{ ParameterKey: 'Suffix' }],
      ResourceTypes: ['AWS::SQS::Queue'],
    });
  });
});
