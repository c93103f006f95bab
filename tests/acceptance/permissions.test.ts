import { rm } from 'node:fs/promises';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { AwsError, authorizationOf, jsonErrorResponse } from '../../infra/local/aws-api.ts';
import type { Decision } from '../../infra/local/permissions/permissions.ts';
import { assemblyWith } from '../helpers/assembly.ts';
import { expectFailed, stopNextExecution, upload } from '../helpers/endings.ts';
import { type Fault, faulty, refused, type Target } from '../helpers/faults.ts';
import { decideWithout, type Grant, grantsOf } from '../helpers/grants.ts';
import { startSite } from '../helpers/site.ts';
import { JSON_CONTENT, type StudentApi, startStudentApi, studentWith } from '../helpers/student-api.ts';

/** Granted and not used here. The lines are `policy action resource`. */
const UNUSED: Readonly<Record<string, { readonly grants: RegExp; readonly reason: string }>> = {
  logs: {
    grants: /^AWSLambdaBasicExecutionRole logs:/,
    reason: 'Lambda writes the logs of a function by its role; the journal takes them here.',
  },
  gatewayLogs: {
    grants: /^(AmazonAPIGatewayPushToCloudWatchLogs logs:|ApiRestApiCloudWatchRole sts:AssumeRole)/,
    reason: 'API Gateway writes its logs by this role; they are not written here.',
  },
  workflowLogs: {
    grants: /^AutoInvalidationStateMachineRoleDefaultPolicy (logs|xray):\w+ \*$/,
    reason: 'Step Functions delivers its logs and traces by this role; neither is delivered here.',
  },
  accessLogs: {
    grants: /^WebsiteLogBucketPolicy s3:PutObject /,
    reason: 'S3 delivers access logs; they are not delivered here.',
  },
  deployment: {
    grants: /^CustomCDKBucketDeployment/,
    reason: "CDK's own function uploads the page by this role; it is emulated without running it.",
  },
  alarmMails: {
    grants: /^MailQueuePolicy sqs:(GetQueueAttributes|GetQueueUrl|SendMessage) /,
    reason:
      "The alarms' rule sends by it, as tests/acceptance/alarms.test.ts shows; CDK grants the rest along.",
  },
  polling: {
    grants: /ServiceRoleDefaultPolicy sqs:(ChangeMessageVisibility|GetQueueUrl) /,
    reason:
      'CDK grants every event source mapping the same five actions; Lambda needs the other three of them.',
  },
};

const refusedByAws =
  (code: string): Fault =>
  async () =>
    jsonErrorResponse(new AwsError(code, 'Refused by a test'), '1.1');

/** As if the last invalidation had not completed: its paths are read. */
const lastInProgress: Fault = async (_, next) => {
  const answer = await next();
  return { ...answer, body: String(answer.body).replace('Completed', 'InProgress') };
};

let site: StudentApi;
let decisions: readonly Decision[];
let grants: readonly Grant[];
/** Why not everything could be done; what was refused says more. */
let trouble: unknown;

beforeAll(async () => {
  site = await startStudentApi({ timeScale: 0.02, invalidationDelayMs: 0 });
  trouble = await everything().catch((error: unknown) => error);
  const { permissions } = site.cloud;
  decisions = permissions.decisions;
  grants = await grantsOf(permissions.policies);
}, 240_000);
afterAll(() => site.stop());

async function everything(): Promise<void> {
  await refreshes();
  await students();
  await refreshesByHand();
  await mails();
  await backups();
  await site.settled();
}

/** Puts a fault into AWS while something is done. */
async function during<T>(target: Target, fault: Fault, work: () => Promise<T>, times?: number): Promise<T> {
  const { interceptor } = faulty(target, fault, times);
  const remove = site.cloud.intercept(interceptor);
  return await work().finally(remove);
}

/** Uploads, a removal, a request by hand; refusals; an operator who stops an execution; viewers. */
async function refreshes(): Promise<void> {
  const create = { action: 'CreateInvalidation', caller: 'Invalidate' };
  await upload(site);
  await site.warm();
  // Covered by a wildcard, for which the site is listed.
  await site.put('photos/class (1).jpg', 'a picture');
  await site.settled();
  // Uploaded again unchanged: the bucket is asked whether it may be skipped.
  await site.put('photos/class (1).jpg', 'a picture');
  await site.settled();
  await during({ action: 'ListInvalidations' }, lastInProgress, () => upload(site));
  await during(create, refused('TooManyInvalidationsInProgress', 400), () => upload(site), 1);
  await during(create, refused('AccessDenied', 403), () => upload(site));

  const stopped = stopNextExecution(site);
  await site.put('page.txt', 'only the stopped refresh knows of this one');
  await stopped;
  await site.settled();

  await site.remove('page.txt');
  await site.settled();
  await site.send({ paths: ['/*'] });
  await site.settled();
  await site.expectEdgeEqualsBucket();
}

async function students(): Promise<void> {
  const student = studentWith('GRANTED');
  const once = { 'Idempotency-Key': 'once' };
  expect(await site.create(student, once)).toMatchObject({ status: 201 });
  expect(await site.create(student, once)).toMatchObject({ status: 201 });
  expect(await site.create(student, { 'Idempotency-Key': 'other' })).toMatchObject({ status: 409 });
  expect(await site.ask('GET /students/GRANTED')).toMatchObject({ status: 200 });
  expect(await site.askEdge('GET /students')).toMatchObject({ status: 200 });
  expect(await site.update(student)).toMatchObject({ status: 200 });
  expect(await site.ask('DELETE /students/GRANTED')).toMatchObject({ status: 204 });
}

/** By the API, which shows the history too. */
async function refreshesByHand(): Promise<void> {
  const asked = await site.ask('POST /refreshes', { body: { paths: ['/*'] }, headers: JSON_CONTENT });
  expect(asked).toMatchObject({ status: 202 });
  await site.settled();
  expect(await site.ask(`GET ${asked.headers.get('location')}`)).toMatchObject({ status: 200 });
  expect(await site.ask('GET /refreshes')).toMatchObject({ status: 200 });
}

/** One that SES refuses at first, and one that comes twice. */
async function mails(): Promise<void> {
  const [refusedFirst, twice] = [studentWith('REFUSED'), studentWith('TWICE')];
  const MessageBody = JSON.stringify({
    type: 'student-confirmation',
    id: 'twice',
    to: twice.email,
    ...twice,
  });
  const QueueUrl = site.output('MailQueueUrl');
  await during(
    { action: 'SendEmail' },
    refusedByAws('TooManyRequestsException'),
    async () => {
      expect(await site.create(refusedFirst)).toMatchObject({ status: 201 });
      expect(await site.mailsTo(refusedFirst)).toHaveLength(1);
    },
    5,
  );
  for (let time = 1; time <= 2; time++) {
    await site.clients.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    expect(await site.mailsTo(twice)).toHaveLength(1);
  }
}

/** One by the API, one at night, one that cannot write its parts, and one that cannot write its manifest. */
async function backups(): Promise<void> {
  expect(await site.ask('POST /backup')).toMatchObject({ status: 201 });
  expect(await site.ask('GET /backups')).toMatchObject({ status: 200 });
  for (const action of ['UploadPart', 'PutObject']) {
    const failed = site.next(
      entry => entry.kind === 'mail' && entry.subject.includes('backed up'),
      'a failure',
    );
    await during({ action, caller: 'Backup' }, refused('AccessDenied', 403), async () => {
      await atNight();
      await failed;
    });
  }
}

/** As EventBridge invokes the function that the rule names. */
async function atNight(): Promise<void> {
  const [[functionArn = '', policy] = []] = [...site.cloud.permissions.policies.resourcePolicies].filter(
    ([arn]) => arn.includes('RecordsBackup') && arn.includes(':function:'),
  );
  const rule = policy?.statements[0]?.Condition?.['ArnLike']?.['aws:SourceArn'];
  const url = `${site.cloud.endpoint}/2015-03-31/functions/${functionArn}/invocations`;
  const { status } = await fetch(url, {
    method: 'POST',
    headers: { authorization: authorizationOf(String(rule), 'lambda'), 'x-amz-invocation-type': 'Event' },
    body: JSON.stringify({ key: `backups/20261123T020000Z-${crypto.randomUUID().slice(0, 8)}.ndjson.gz` }),
  });
  expect(status).toBe(202);
}

/** `policy action resource`, without what CloudFormation and ARNs add. */
function lineOf({ policy, action, resource }: Grant): string {
  const name = policy.replace(/^.*[/:]/, '').replace(/[\dA-F]{8}$/, '');
  return `${name} ${action} ${resource.replace(/^arn:aws:\w+:[^:]*:[^:]*:/, '')}`;
}

const isSame = (a: Grant, b: Grant) =>
  a.policy === b.policy && a.statement === b.statement && a.action === b.action && a.resource === b.resource;
const isAllowed = ({ verdict }: Decision) => verdict.result === 'Allowed';
const unusedGrants = () => {
  const used = decisions.filter(isAllowed).flatMap(({ verdict }) => verdict.matches);
  return grants.filter(grant => !used.some(match => isSame(match, grant)));
};

describe('The permissions of the template', () => {
  it('are enough for everything that the product does', () => {
    expect(decisions.filter(decision => !isAllowed(decision)).map(({ question }) => question)).toEqual([]);
    expect(trouble).toBeUndefined();
  });

  it('are all used, except where a reason is given', () => {
    const reasons = Object.values(UNUSED);
    const unexplained = unusedGrants()
      .map(lineOf)
      .filter(line => !reasons.some(each => each.grants.test(line)));
    expect(unexplained).toEqual([]);
  });

  it.each(Object.entries(UNUSED))(
    'that are not used (%s) are still granted and still unused',
    (_, { grants: pattern }) => {
      const explained = grants.filter(grant => pattern.test(lineOf(grant)));
      expect(explained).not.toEqual([]);
      expect(explained.filter(grant => !unusedGrants().includes(grant)).map(lineOf)).toEqual([]);
    },
  );

  it('are each needed: without any one statement, a call of this test is refused', async () => {
    const unused = unusedGrants();
    const statements = new Map(
      grants
        .filter(grant => !unused.includes(grant))
        .map(({ policy, statement }) => [`${policy} ${statement}`, { policy, statement }]),
    );
    const idle: string[] = [];
    for (const [name, statement] of statements) {
      const verdicts = await Promise.all(
        decisions.filter(isAllowed).map(decision => decideWithout(statement, decision)),
      );
      if (verdicts.every(({ result }) => result === 'Allowed')) idle.push(name);
    }
    expect(idle).toEqual([]);
    expect(statements.size).toBeGreaterThan(20);
  });

  it('refuse plain HTTP to every bucket and queue, each by a statement of its own', async () => {
    const { policies } = site.cloud.permissions;
    const refusals = [...policies.resourcePolicies].flatMap(([arn, policy]) =>
      policy.statements.flatMap(({ Effect }, statement) =>
        Effect === 'Deny' ? [{ arn, policy, statement }] : [],
      ),
    );
    const everything = { Effect: 'Allow' as const, Action: ['*'], Resource: ['*'] };
    for (const { arn, policy, statement } of refusals) {
      const asked = {
        question: {
          principal: 'arn:aws:iam::000000000000:user/administrator',
          action: arn.includes(':s3:') ? 's3:ListBucket' : 'sqs:SendMessage',
          resource: arn,
          context: { 'aws:SecureTransport': 'false' },
        },
        identityPolicies: [{ id: 'administrator', statements: [everything] }],
        resourcePolicy: policy,
      };
      const none = { policy: 'none', statement: 0 };
      expect(await decideWithout(none, asked)).toMatchObject({ result: 'ExplicitlyDenied' });
      expect(await decideWithout({ policy: policy.id, statement }, asked)).toMatchObject({
        result: 'Allowed',
      });
    }
    expect(refusals.map(({ arn }) => arn.replace(/^.*:/, '')).sort()).toEqual([
      'StudentSite-mail',
      'StudentSite-mail-dead-letters',
      'StudentSite-site-changes',
      'StudentSite-site-changes-dead-letters',
      'student-backup-20250706',
      'student-management-website-2025',
      'student-web-logs-20250706',
    ]);
  });
});

/** Starts the site without some of what its template grants. */
async function startWithout(isRemoved: (statement: Statement, logicalId: string) => boolean) {
  const assemblyDirectory = await assemblyWith(({ Properties }, logicalId) => {
    const document = Properties['PolicyDocument'] as { Statement: Statement[] } | undefined;
    if (document !== undefined)
      document.Statement = document.Statement.filter(statement => !isRemoved(statement, logicalId));
  });
  onTestFinished(() => rm(assemblyDirectory, { recursive: true }));
  const without = await startSite({ assemblyDirectory, timeScale: 0.02, invalidationDelayMs: 0 });
  onTestFinished(without.stop);
  return without;
}

interface Statement {
  readonly Action: string | readonly string[];
}

const granting = (action: string) => (statement: Statement) => [statement.Action].flat().includes(action);

describe('A template without the permission', () => {
  it('to create invalidations: the refresh fails, and its mail says what is missing', async () => {
    const without = await startWithout(granting('cloudfront:CreateInvalidation'));
    const ended = await upload(without);
    expectFailed(ended, 'AccessDenied');
    expect(ended.mail.body.text).toMatch(
      /assumed-role\/\S+Invalidate\S+ is not authorized to perform: cloudfront:CreateInvalidation on resource/,
    );
  });

  it('to run a step: the refresh fails', async () => {
    const ofMachine = (statement: Statement, logicalId: string) =>
      logicalId.includes('StateMachine') && granting('dynamodb:GetItem')(statement);
    const without = await startWithout(ofMachine);
    expectFailed(await upload(without), 'DynamoDB.AmazonDynamoDBException');
  });

  it('to read the bucket: CloudFront answers 403', async () => {
    const ofBucket = (statement: Statement, logicalId: string) =>
      logicalId.startsWith('WebsiteSiteBucketPolicy') && granting('s3:GetObject')(statement);
    const without = await startWithout(ofBucket);
    await without.put('page.txt', 'unread');
    expect(await without.cloud.view('/page.txt')).toMatchObject({ status: 403 });
  });

  it('to poll its queue does not start, as it would not deploy', async () => {
    await expect(startWithout(granting('sqs:ReceiveMessage'))).rejects.toThrow(
      'The provided execution role does not have permissions to call ReceiveMessage on SQS',
    );
  });
});
