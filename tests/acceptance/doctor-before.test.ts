import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { main } from '../../infra/cli/main.ts';
import {
  AwsError,
  type AwsResponse,
  jsonErrorResponse,
  jsonResponse,
} from '../../infra/local/kernel/aws-api.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { EXISTING, FOREIGN, WHOLE_SITE } from '../fixtures/existing-names.ts';
import { synthesiseExistingSite, type UnusualSite } from '../fixtures/existing-site.ts';
import { runCommand } from '../helpers/run-command.ts';
import { startSuccessiveCloud } from '../helpers/successive-clouds.ts';

const BUCKET = EXISTING.bucketName;
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';

/** A site to which nothing is attached yet. */
async function startSite(bucket: UnusualSite = {}) {
  const assemblyDirectory = mkdtempSync(join(tmpdir(), 'site-before-'));
  synthesiseExistingSite(assemblyDirectory, bucket);
  const started = await startSuccessiveCloud({
    assemblyDirectory,
    stackName: EXISTING.stackName,
    alarms: false,
  });
  return {
    ...started,
    async stop() {
      await started.stop();
      await rm(assemblyDirectory, { recursive: true });
    },
  };
}

const Findings = z.array(
  z.object({ about: z.string(), verdict: z.string(), evidence: z.string(), remedy: z.string().optional() }),
);

/** Runs the command, by default with the settings of an attachment that fits the site. */
async function examine(
  cloud: Pick<LocalCloud, 'endpoint' | 'siteUrl'>,
  changed: Record<string, string> = {},
) {
  const settings = {
    bucket: BUCKET,
    distributionId: WHOLE_SITE,
    url: cloud.siteUrl,
    notifyEmail: EXISTING.owner,
    keyPrefixes: 'site/,docs/',
    ...changed,
  };
  const context = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { exitCode, printed, complaint } = await runCommand(main, [
    ...['doctor', '--before', '--attach', '--json', '--local', '--endpoint', cloud.endpoint],
    ...context,
  ]);
  const findings = Findings.parse(JSON.parse(printed));
  return { exitCode, complaint, findings, refuted: findings.filter(({ verdict }) => verdict === 'refuted') };
}

let cloud: LocalCloud;
beforeAll(async () => {
  cloud = await startSite();
});
afterAll(() => cloud?.stop());

/** Answers one kind of calls in the cloud's place, as another account would be answered. */
function answering(action: string, answer: () => AwsResponse): void {
  onTestFinished(cloud.intercept(async (call, next) => (call.action === action ? answer() : next())));
}

/** A site that asks every visitor for a password. */
async function startPasswordSite(): Promise<string> {
  const server = createServer((_, response) => response.writeHead(401).end()).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('npm run doctor -- --before --attach', () => {
  it('refutes nothing beside a site that fits, and says what it cannot ask', async () => {
    const { exitCode, complaint, findings } = await examine(cloud);
    expect({ exitCode, complaint }).toEqual({ exitCode: 0, complaint: '' });
    expect(findings.filter(({ verdict }) => verdict !== 'confirmed')).toEqual([
      {
        about: "CDK's bootstrap",
        verdict: 'untestable',
        evidence: expect.stringContaining('The local cloud does not emulate the service ssm'),
      },
    ]);
    expect(findings.map(({ about }) => about)).toEqual([
      'credentials',
      "CDK's bootstrap",
      'stack',
      'dashboard name',
      'bucket',
      "bucket's policy",
      "bucket's notifications",
      `distribution ${WHOLE_SITE}`,
      `viewers of ${WHOLE_SITE}`,
      'SES',
      'sender of the mails',
      'signature of the mails',
      'configuration set of the mails',
      'recipients of the mails',
      'concurrency of Lambda',
    ]);
  });

  it('prints a line for each finding, and the count', async () => {
    const { exitCode, printed } = await runCommand(main, [
      ...['doctor', '--before', '--attach', '--local', '--endpoint', cloud.endpoint],
      ...['-c', `bucket=${BUCKET}`, '-c', `distributionId=${WHOLE_SITE}`, '-c', `url=${cloud.siteUrl}`],
      ...['-c', `notifyEmail=${EXISTING.owner}`, '-c', 'keyPrefixes=site/'],
    ]);
    expect(exitCode).toBe(0);
    expect(printed).toMatch(/^✓ Credentials: arn:aws:iam::000000000000:user\/local;/);
    expect(printed).toContain("\n? CDK's bootstrap: ");
    expect(printed.split('\n').at(-1)).toBe('14 confirmed, 0 refuted, 1 not testable here');
  });

  it.each<[fault: string, changed: Record<string, string>, about: string, remedy: string | RegExp]>([
    ['a bucket that is missing', { bucket: 'no-such-site' }, 'bucket', 'aws s3 ls'],
    [
      'a distribution that does not show the bucket',
      { distributionId: FOREIGN },
      `distribution ${FOREIGN}`,
      'aws cloudfront list-distributions',
    ],
    [
      'a distribution that is missing',
      { distributionId: 'E0123456789ABC' },
      'distribution E0123456789ABC',
      'aws cloudfront list-distributions',
    ],
    [
      'a notification that would collide',
      { keyPrefixes: EXISTING.incomingPrefix },
      "bucket's notifications",
      'aws s3api get-bucket-notification-configuration --bucket existing-school-site --region us-east-1',
    ],
    [
      'a sender that SES does not know',
      { mailFrom: 'stranger@school.example' },
      'sender of the mails',
      'aws ses verify-email-identity --email-address stranger@school.example --region us-east-1',
    ],
    [
      'a sender whose mails others sign',
      { mailFrom: 'school@gmail.com' },
      'signature of the mails',
      '-c mailFrom=site@DOMAIN',
    ],
    [
      'a region of mails that has no SES',
      { mailRegion: 'eu-south-2' },
      'region of the mails',
      '-c mailRegion=eu-west-1',
    ],
    [
      'a stack of somebody else that has the name',
      { stackName: EXISTING.stackName },
      'stack',
      '-c stackName=NAME',
    ],
  ])('finds %s, and says what to do', async (_, changed, about, remedy) => {
    const { exitCode, complaint, findings } = await examine(cloud, changed);
    expect(exitCode).toBe(1);
    expect(complaint).toMatch(/\d+ confirmed, [1-9]\d* refuted, \d+ not testable here$/);
    expect(findings.find(each => each.about === about)).toMatchObject({
      verdict: 'refuted',
      remedy: expect.stringMatching(remedy),
    });
  });

  it('finds that the site asks for a password, and names the options about it', async () => {
    const { refuted } = await examine(cloud, { url: await startPasswordSite() });
    expect(refuted).toEqual([
      {
        about: `viewers of ${WHOLE_SITE}`,
        verdict: 'refuted',
        evidence: expect.stringMatching(/^127\.0\.0\.1:\d+ answers 401/),
        remedy: expect.stringMatching(/-c verificationHeaders=.+ or with -c verify=false/),
      },
    ]);
  });

  it('does not ask a site whose verification is off', async () => {
    const { exitCode } = await examine(cloud, { url: await startPasswordSite(), verify: 'false' });
    expect(exitCode).toBe(0);
  });

  it('finds limits of a new account: the sandbox of SES, and ten executions', async () => {
    const limits = { ConcurrentExecutions: 10, UnreservedConcurrentExecutions: 10 };
    answering('GetAccountSettings', () => jsonResponse({ AccountLimit: limits }));
    answering('GetAccount', () =>
      jsonResponse({
        ProductionAccessEnabled: false,
        SendingEnabled: true,
        SendQuota: { Max24HourSend: 200 },
      }),
    );
    const { refuted } = await examine(cloud, {
      notifyEmail: `${EXISTING.owner},head@school.example`,
      maxCollectors: '8',
    });
    expect(refuted).toMatchObject([
      {
        about: 'recipients of the mails',
        remedy: expect.stringMatching(/create-email-identity --email-identity head@school\.example/),
      },
      { about: 'concurrency of Lambda', remedy: expect.stringContaining('-c maxCollectors=5') },
    ]);
  });

  it('finds that the region is not bootstrapped, and what is left of a failed deployment', async () => {
    answering('GetParameter', () => jsonErrorResponse(new AwsError('ParameterNotFound', '')));
    answering('GetDashboard', () => jsonResponse({ DashboardName: 'AutoInvalidation-Dashboard-us-east-1' }));
    const { refuted } = await examine(cloud);
    expect(refuted).toMatchObject([
      { about: "CDK's bootstrap", remedy: 'npx cdk bootstrap aws://000000000000/us-east-1' },
      {
        about: 'dashboard name',
        remedy: expect.stringContaining(
          'aws cloudwatch delete-dashboards --dashboard-names AutoInvalidation-Dashboard-us-east-1',
        ),
      },
    ]);
  });

  it('names each permission that the credentials lack, and goes on', async () => {
    for (const action of ['GetAccount', 'GetAccountSettings', 'GetBucketPolicy', 'DescribeStacks'])
      answering(action, () => jsonErrorResponse(new AwsError('AccessDeniedException', 'No', 403)));
    const { findings } = await examine(cloud);
    const untestable = findings.filter(({ verdict }) => verdict === 'untestable');
    expect(Object.fromEntries(untestable.map(({ about, evidence }) => [about, evidence]))).toMatchObject({
      stack: 'these credentials lack the permission cloudformation:DescribeStacks',
      "bucket's policy": 'these credentials lack the permission s3:GetBucketPolicy',
      SES: 'these credentials lack the permission ses:GetAccount',
      'concurrency of Lambda': 'these credentials lack the permission lambda:GetAccountSettings',
    });
  });

  it('ends after the first line if the credentials are not valid', async () => {
    answering('GetCallerIdentity', () => ({
      status: 403,
      headers: { 'content-type': 'text/xml' },
      body: '<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code><Message>It has expired</Message></Error></ErrorResponse>',
    }));
    const { exitCode, findings } = await examine(cloud);
    expect(exitCode).toBe(1);
    expect(findings).toEqual([
      {
        about: 'credentials',
        verdict: 'refuted',
        evidence: 'ExpiredToken: It has expired',
        remedy: expect.stringContaining('aws sts get-caller-identity'),
      },
    ]);
  });

  it('writes nothing', async () => {
    const before = cloud.journal.entries.length;
    await examine(cloud);
    const calls = cloud.journal.entries
      .slice(before)
      .flatMap(entry => (entry.kind === 'call' ? entry.action : []));
    expect(calls.filter(action => !/^(?:Get|Head|List|Describe)/.test(action))).toEqual([]);
  });
});

describe('npm run doctor -- --before --attach, beside a bucket with a key and a policy of its own,', () => {
  it('finds both, and says what to deploy and what to add', async () => {
    const onlyCloudFront = new PolicyStatement({
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:GetObject'],
      resources: [`arn:aws:s3:::${BUCKET}/*`],
      conditions: { StringNotLike: { 'aws:SourceArn': 'arn:aws:cloudfront::000000000000:distribution/*' } },
    });
    const closed = await startSite({ policy: [onlyCloudFront], keyOfKms: KEY });
    onTestFinished(closed.stop);
    const { refuted } = await examine(closed);
    expect(refuted).toMatchObject([
      { about: 'bucket', remedy: `Deploy again with -c bucketKeyArn=${KEY}` },
      {
        about: "bucket's policy",
        remedy: expect.stringContaining(
          '"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::000000000000:role/AutoInvalidation-*"}',
        ),
      },
    ]);
  });
});

describe('npm run doctor -- --before', () => {
  const school = (...context: string[]) =>
    runCommand(main, [
      ...['doctor', '--before', '--json', '--local', '--endpoint', cloud.endpoint],
      ...['-c', `notifyEmail=${EXISTING.owner}`, ...context.flatMap(each => ['-c', each])],
    ]);

  it("finds a bucket's name that is taken", async () => {
    const { exitCode, printed } = await school(`siteBucketName=${BUCKET}`, 'backupBucketName=a-free-name');
    expect(exitCode).toBe(1);
    const named = Findings.parse(JSON.parse(printed)).filter(({ about }) => about.startsWith('bucket name'));
    expect(named).toMatchObject([
      {
        about: 'bucket name (siteBucketName)',
        verdict: 'refuted',
        remedy: expect.stringContaining('-c siteBucketName=NAME'),
      },
      { about: 'bucket name (backupBucketName)', verdict: 'confirmed', evidence: 'a-free-name is free' },
    ]);
  });

  it('refutes nothing in an account that is free', async () => {
    expect(await school()).toMatchObject({ exitCode: 0, complaint: '' });
  });
});
