import {
  CloudFrontClient,
  DescribeFunctionCommand,
  GetDistributionConfigCommand,
  GetResponseHeadersPolicyCommand,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAwsEndpoint } from '../../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import type { CloudFrontOptions } from '../../../infra/local/services/cloudfront/cloudfront.ts';
import { actionOf } from '../../../infra/local/services.ts';
import { createDistributions } from '../../../shared/aws/distributions.ts';
import { clientFor } from '../../helpers/sdk-client.ts';
import { behaviour, FUNCTION_ARN, openSite } from './site.ts';

const HEADERS = {
  Name: 'headers',
  CustomHeadersConfig: { Items: [{ Header: 'Cache-Control', Value: 'no-cache', Override: true }] },
  RemoveHeadersConfig: { Items: [{ Header: 'Expires' }] },
  SecurityHeadersConfig: { ContentTypeOptions: { Override: true } },
};

/** The real SDK, before a distribution whose default behaviour has a response headers policy. */
async function open(options: Partial<CloudFrontOptions> = {}): Promise<CloudFrontClient> {
  const { cloudFront } = openSite(
    { DefaultCacheBehavior: behaviour({ ResponseHeadersPolicyId: 'H1' }) },
    { responseHeadersPolicies: new Map([['H1', HEADERS]]), ...options },
  );
  const services = new Map([['cloudfront', cloudFront.api]]);
  const endpoint = await startAwsEndpoint({ port: 0, services, journal: createJournal(), actionOf });
  const client = new CloudFrontClient(clientFor(endpoint.url));
  onTestFinished(async () => {
    client.destroy();
    cloudFront.stop();
    await endpoint.stop();
  });
  return client;
}

describe("The local CloudFront's response headers policies", () => {
  it('are read as the template has them', async () => {
    const client = await open();
    const { ResponseHeadersPolicy } = await client.send(new GetResponseHeadersPolicyCommand({ Id: 'H1' }));
    expect(ResponseHeadersPolicy?.ResponseHeadersPolicyConfig).toMatchObject({
      Name: 'headers',
      CustomHeadersConfig: {
        Quantity: 1,
        Items: [{ Header: 'Cache-Control', Value: 'no-cache', Override: true }],
      },
      RemoveHeadersConfig: { Quantity: 1, Items: [{ Header: 'Expires' }] },
      SecurityHeadersConfig: { ContentTypeOptions: { Override: true } },
    });
  });

  it('fail with NoSuchResponseHeadersPolicy for an unknown id', async () => {
    const client = await open();
    const answer = client.send(new GetResponseHeadersPolicyCommand({ Id: 'H2' }));
    await expect(answer).rejects.toMatchObject({ name: 'NoSuchResponseHeadersPolicy' });
  });
});

describe("The local CloudFront's functions", () => {
  it('are described with an ETag that changes with their code', async () => {
    const describeFunction = async (options?: Partial<CloudFrontOptions>) =>
      (await open(options)).send(new DescribeFunctionCommand({ Name: 'api-key', Stage: 'LIVE' }));
    const { ETag, FunctionSummary } = await describeFunction();
    expect(FunctionSummary).toMatchObject({
      Name: 'api-key',
      FunctionConfig: { Runtime: 'cloudfront-js-2.0' },
      FunctionMetadata: { FunctionARN: FUNCTION_ARN, Stage: 'LIVE' },
    });
    const other = {
      Name: 'api-key',
      AutoPublish: true,
      FunctionCode: 'function handler(event) { return event.request; }',
      FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
    };
    const changed = await describeFunction({ functions: new Map([[FUNCTION_ARN, other]]) });
    expect(ETag).toMatch(/^E/);
    expect(changed.ETag).not.toBe(ETag);
  });

  it('fail with NoSuchFunctionExists for an unknown name', async () => {
    const answer = (await open()).send(new DescribeFunctionCommand({ Name: 'none', Stage: 'LIVE' }));
    await expect(answer).rejects.toMatchObject({ name: 'NoSuchFunctionExists' });
  });
});

describe("The local CloudFront's update of a distribution", () => {
  const configOf = async (client: CloudFrontClient) => {
    const { DistributionConfig, ETag } = await client.send(new GetDistributionConfigCommand({ Id: 'E1' }));
    return { DistributionConfig: DistributionConfig ?? expect.fail('There is no config'), ETag };
  };

  it('leaves everything as it was if the same is written again', async () => {
    const client = await open();
    const { DistributionConfig, ETag } = await configOf(client);
    await client.send(new UpdateDistributionCommand({ Id: 'E1', IfMatch: ETag, DistributionConfig }));
    expect((await configOf(client)).DistributionConfig).toEqual(DistributionConfig);
  });

  it('changes what it names, and the ETag with it', async () => {
    const client = await open();
    const { DistributionConfig, ETag } = await configOf(client);
    const changed = { ...DistributionConfig, DefaultRootObject: 'home.html' };
    const answer = await client.send(
      new UpdateDistributionCommand({ Id: 'E1', IfMatch: ETag, DistributionConfig: changed }),
    );
    expect(answer.ETag).not.toBe(ETag);
    expect((await configOf(client)).DistributionConfig).toEqual(changed);
  });

  it.each([
    ['InvalidIfMatchVersion', undefined],
    ['PreconditionFailed', 'E0'],
  ])('is refused with %s if the ETag is %s', async (name, IfMatch) => {
    const client = await open();
    const { DistributionConfig } = await configOf(client);
    const update = new UpdateDistributionCommand({ Id: 'E1', IfMatch, DistributionConfig });
    await expect(client.send(update)).rejects.toMatchObject({ name });
  });
});

it('A distribution of the local CloudFront is read with its policies and functions', async () => {
  expect(await createDistributions(await open()).find('E1')).toMatchObject({
    domainName: 'd1.cloudfront.net',
    isMultiTenant: false,
    behaviours: [
      {
        pathPattern: '/api/*',
        functions: [{ arn: FUNCTION_ARN, event: 'viewer-request', version: expect.stringMatching(/^E/) }],
      },
      {
        pathPattern: '*',
        responseHeaders: {
          set: [{ name: 'cache-control', value: 'no-cache', override: true }],
          removed: ['expires'],
        },
      },
    ],
  });
});
