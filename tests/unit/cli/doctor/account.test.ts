import { describe, expect, it } from 'vitest';
import {
  judgeBootstrap,
  judgeConcurrency,
  judgeCredentials,
  judgeStack,
} from '../../../../infra/cli/doctor/before/account.ts';
import { attachment, school } from './targets.ts';

const ACCOUNT = '111122223333';

describe('Credentials', () => {
  it('are confirmed with who they are and where the stack goes', () => {
    const arn = `arn:aws:iam::${ACCOUNT}:user/owner`;
    expect(judgeCredentials({ account: ACCOUNT, arn }, attachment())).toEqual({
      verdict: 'confirmed',
      evidence: `${arn}; the stack goes to the account ${ACCOUNT}, eu-west-1`,
    });
  });

  it('are refuted in the words of AWS, with the command that shows who one is', () => {
    expect(judgeCredentials({ refusal: 'ExpiredToken: It has expired' }, attachment())).toEqual({
      verdict: 'refuted',
      evidence: 'ExpiredToken: It has expired',
      remedy:
        'Sign in, and look who you are: aws sts get-caller-identity --region eu-west-1 --profile school',
    });
  });
});

describe("CDK's bootstrap", () => {
  const remedy = `npx cdk bootstrap aws://${ACCOUNT}/eu-west-1 --profile school`;

  it.each([
    [undefined, { verdict: 'refuted', evidence: `${ACCOUNT} in eu-west-1 is not bootstrapped`, remedy }],
    [5, { verdict: 'refuted', evidence: 'version 5 is too old: the templates need 6', remedy }],
    [6, { verdict: 'confirmed', evidence: 'version 6 in eu-west-1' }],
    [31, { verdict: 'confirmed', evidence: 'version 31 in eu-west-1' }],
  ])('of version %j is judged', (version, outcome) => {
    expect(judgeBootstrap(version, ACCOUNT, attachment())).toEqual(outcome);
  });
});

describe('A stack of the name', () => {
  const stack = (status: string, outputs: Record<string, string> = {}) => ({
    status,
    outputs: new Map(Object.entries({ RefreshTableName: 'T', SiteBucketName: 'my-site', ...outputs })),
  });

  it.each([
    ['is missing', undefined, 'AutoInvalidation does not exist yet'],
    ['was made', stack('CREATE_COMPLETE'), 'AutoInvalidation exists (CREATE_COMPLETE) and is updated'],
    [
      'could not be updated',
      stack('UPDATE_ROLLBACK_COMPLETE'),
      'AutoInvalidation exists (UPDATE_ROLLBACK_COMPLETE) and is updated',
    ],
  ])('is no obstacle if it %s', (_, found, evidence) => {
    expect(judgeStack(found, attachment())).toEqual({ verdict: 'confirmed', evidence });
  });

  it.each([
    ['CREATE_IN_PROGRESS', 'cloudformation wait stack-create-complete'],
    ['UPDATE_ROLLBACK_IN_PROGRESS', 'cloudformation wait stack-rollback-complete'],
    ['DELETE_IN_PROGRESS', 'cloudformation wait stack-delete-complete'],
    ['UPDATE_ROLLBACK_FAILED', 'cloudformation continue-update-rollback'],
    ['REVIEW_IN_PROGRESS', 'cloudformation delete-stack'],
    ['ROLLBACK_COMPLETE', 'cloudformation delete-stack'],
    ['ROLLBACK_FAILED', 'cloudformation delete-stack'],
    ['DELETE_FAILED', 'cloudformation delete-stack'],
  ])('is refuted in the state %s, with %s', (status, command) => {
    const outcome = judgeStack(stack(status), attachment());
    expect(outcome).toMatchObject({ verdict: 'refuted', evidence: expect.stringContaining(status) });
    expect(outcome.remedy).toContain(
      `aws ${command} --stack-name AutoInvalidation --region eu-west-1 --profile school`,
    );
  });

  it('is refuted if it is not of this project', () => {
    const foreign = { status: 'CREATE_COMPLETE', outputs: new Map() };
    expect(judgeStack(foreign, attachment())).toMatchObject({
      verdict: 'refuted',
      remedy: 'Choose another: -c stackName=NAME',
    });
    expect(judgeStack(foreign, school())).toMatchObject({ verdict: 'refuted' });
  });

  it('is refuted if it is attached to another bucket, which it would leave', () => {
    const outcome = judgeStack(stack('UPDATE_COMPLETE', { SiteBucketName: 'other-site' }), attachment());
    expect(outcome).toMatchObject({
      verdict: 'refuted',
      evidence:
        'AutoInvalidation refreshes the site in the bucket other-site, and would leave it for my-site',
    });
  });

  it("is confirmed for the school's stack, whatever bucket it has", () => {
    expect(judgeStack(stack('UPDATE_COMPLETE'), school()).verdict).toBe('confirmed');
  });
});

describe('The concurrency of Lambda', () => {
  it.each([
    [1000, '5', 'confirmed', undefined],
    [10, '5', 'confirmed', undefined],
    [10, '6', 'refuted', 'Deploy with -c maxCollectors=5, or ask for more: aws service-quotas'],
    [7, '5', 'refuted', 'Deploy with -c maxCollectors=2, or ask for more: aws service-quotas'],
    [6, '2', 'refuted', 'Ask for more: aws service-quotas'],
  ])('of %i executions with %s collectors is %s', (unreserved, maxCollectors, verdict, remedy) => {
    const outcome = judgeConcurrency({ total: 1000, unreserved }, attachment({ maxCollectors }));
    expect(outcome.verdict).toBe(verdict);
    if (remedy === undefined) expect(outcome.remedy).toBeUndefined();
    else expect(outcome.remedy).toMatch(new RegExp(`^${remedy}`));
  });
});
