import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAwsEndpoint } from '../../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import type { LoadedStack } from '../../../infra/local/template/template.ts';
import { describing } from '../../helpers/described-stacks.ts';
import { clientFor } from '../../helpers/sdk-client.ts';

const CREATED = new Date('2026-01-02T03:04:05.000Z');
const STACK: Omit<LoadedStack, 'id'> = {
  name: 'StudentSite',
  resources: [
    { logicalId: 'Jobs', type: 'AWS::SQS::Queue', ref: 'http://here/jobs', attributes: {}, properties: {} },
  ],
  outputs: { SiteUrl: 'http://127.0.0.1:8080', Odd: 'a <b> & "c"' },
  assets: new Map(),
};
const SCOPE = 'Credential=local/20260101/us-east-1/cloudformation/aws4_request';

async function start(stack = STACK) {
  const services = new Map([['cloudformation', describing([stack], CREATED)]]);
  const endpoint = await startAwsEndpoint({ port: 0, services, journal: createJournal() });
  onTestFinished(endpoint.stop);
  const query = async (parameters: Record<string, string>, method = 'POST') => {
    const form = new URLSearchParams({ Version: '2010-05-15', ...parameters });
    const response = await fetch(method === 'GET' ? `${endpoint.url}/?${form}` : endpoint.url, {
      method,
      headers: { authorization: `AWS4-HMAC-SHA256 ${SCOPE}` },
      ...(method === 'GET' ? {} : { body: form }),
    });
    return { status: response.status, text: await response.text() };
  };
  return { client: new CloudFormationClient(clientFor(endpoint.url)), query };
}

describe('DescribeStacks', () => {
  it('returns the outputs', async () => {
    const { client } = await start();
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'StudentSite' }));
    expect(Stacks).toMatchObject([
      {
        StackName: 'StudentSite',
        StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/StudentSite/local',
        CreationTime: CREATED,
        StackStatus: 'CREATE_COMPLETE',
        Outputs: [
          { OutputKey: 'SiteUrl', OutputValue: 'http://127.0.0.1:8080' },
          { OutputKey: 'Odd', OutputValue: 'a <b> & "c"' },
        ],
      },
    ]);
  });

  it.each(['POST', 'GET'])('speaks the query protocol and answers XML (%s)', async method => {
    const { query } = await start();
    const { status, text } = await query({ Action: 'DescribeStacks' }, method);
    expect(status).toBe(200);
    expect(text).toMatch(
      /^<\?xml[^>]*>\n<DescribeStacksResponse xmlns="http:\/\/cloudformation.amazonaws.com\/doc\/2010-05-15\/"><DescribeStacksResult><Stacks><member>/,
    );
    expect(text).toContain(
      '<member><OutputKey>SiteUrl</OutputKey><OutputValue>http://127.0.0.1:8080</OutputValue></member>',
    );
  });

  it('finds the stack by its id too, and describes a stack without outputs', async () => {
    const { client } = await start({ ...STACK, outputs: {} });
    const StackName = 'arn:aws:cloudformation:us-east-1:000000000000:stack/StudentSite/local';
    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
    expect(Stacks?.[0]?.Outputs ?? []).toEqual([]);
  });

  it('of another stack is refused as CloudFormation does', async () => {
    const { client } = await start();
    await expect(client.send(new DescribeStacksCommand({ StackName: 'Other' }))).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'Stack with id Other does not exist',
      $metadata: { httpStatusCode: 400 },
    });
  });
});

describe('CloudFormation', () => {
  it('lists the resources of a stack', async () => {
    const { client } = await start();
    const { StackResourceSummaries } = await client.send(
      new ListStackResourcesCommand({ StackName: 'StudentSite' }),
    );
    expect(StackResourceSummaries).toMatchObject([
      { LogicalResourceId: 'Jobs', PhysicalResourceId: 'http://here/jobs', ResourceType: 'AWS::SQS::Queue' },
    ]);
  });

  it('refuses by name what it does not emulate', async () => {
    const { client } = await start();
    await expect(client.send(new GetTemplateCommand({ StackName: 'StudentSite' }))).rejects.toMatchObject({
      name: 'InvalidAction',
      message: 'The local cloud does not emulate GetTemplate',
    });
  });
});
