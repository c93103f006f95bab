import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Decision } from '../../infra/local/kernel/permissions/decider.ts';
import { decideWithout, type Grant, grantsOf } from '../helpers/grants.ts';
import { type StudentApi, startStudentApi } from '../helpers/student-api.ts';
import { takeProductTour } from './product-tour.ts';

/** Granted and not used here. The lines are `policy action resource`. */
const UNUSED: Readonly<Record<string, { readonly grants: RegExp; readonly reason: string }>> = {
  logs: {
    grants: /^AWSLambdaBasicExecutionRole logs:/,
    reason: 'Lambda writes the logs of a function by its role; the journal takes them here.',
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
  idempotency: {
    grants:
      /^(?:MailSend|ApiStudents)ServiceRoleDefaultPolicy dynamodb:GetItem table\/StudentSite-(?:MailSent|ApiRequests)Table/,
    reason:
      'Powertools reads a record only if DynamoDB does not return it with the refused write, as it does.',
  },
  senders: {
    grants: /^SesSendersRegister\S+ ses:(?:DeleteEmailIdentity|UntagResource) /,
    reason: 'The sender is removed with the stack, as tests/local/ses/identities.test.ts shows.',
  },
  configurationSets: {
    grants: /^MailSendServiceRoleDefaultPolicy ses:SendEmail configuration-set\/\*$/,
    reason:
      'The sender has no configuration set here; tests/local/ses/identities.test.ts shows one that has.',
  },
  watching: {
    grants:
      /^(?:AutoInvalidationSiteWatchServiceRoleDefaultPolicy (?:cloudfront|dynamodb|sqs):|\S+AutoInvalidationSiteWatch lambda:)/,
    reason: 'The schedule comes every quarter of an hour; tests/acceptance/shown-sites.test.ts has it look.',
  },
  changes: {
    grants: /^AutoInvalidationSiteFindServiceRoleDefaultPolicy sqs:SendMessage /,
    reason: 'A deployment asks for a refresh only if it finds the distribution changed.',
  },
  websites: {
    grants: /^AutoInvalidationSite(?:Find|Watch)ServiceRoleDefaultPolicy s3:GetBucketWebsite /,
    reason: 'It is asked of a bucket whose website endpoint is shown; the school shows the other one.',
  },
  polling: {
    grants: /ServiceRoleDefaultPolicy sqs:(ChangeMessageVisibility|GetQueueUrl) /,
    reason:
      'CDK grants every event source mapping the same five actions; Lambda needs the other three of them.',
  },
};

let site: StudentApi;
let decisions: readonly Decision[];
let grants: readonly Grant[];
/** Why not everything could be done; what was refused says more. */
let trouble: unknown;

beforeAll(async () => {
  site = await startStudentApi({ timeScale: 0.005, invalidationDelayMs: 0, decidesAnew: true });
  trouble = await takeProductTour(site).catch((error: unknown) => error);
  const { permissions } = site.cloud;
  decisions = permissions.decisions;
  grants = await grantsOf(permissions.policies);
}, 240_000);
afterAll(() => site.stop());

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
    // CDK ends the names of queues and buckets with eight digits.
    const nameOf = (arn: string) => arn.replace(/^.*:/, '').replace(/^(StudentSite-.*)[0-9A-F]{8}$/i, '$1');
    expect(refusals.map(({ arn }) => nameOf(arn)).sort()).toEqual([
      'StudentSite-AutoInvalidationSiteChangesDeadLetters',
      'StudentSite-AutoInvalidationSiteChangesQueue',
      'StudentSite-MailQueue',
      'StudentSite-MailQueueDeadLetters',
      'studentsite-recordsbackupbucket',
      'studentsite-websitelogbucket',
      'studentsite-websitesitebucket',
    ]);
  });
});
