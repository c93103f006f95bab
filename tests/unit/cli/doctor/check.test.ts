import { describe, expect, it } from 'vitest';
import { ask, askUnless } from '../../../../infra/cli/doctor/before/asking.ts';
import { run } from '../../../../infra/cli/doctor/before/check.ts';
import type { Finding, Findings } from '../../../../infra/cli/doctor/finding.ts';
import { confirmed } from '../../../../infra/cli/doctor/finding.ts';
import { DeploymentRefusedError, LookupDeniedError, SecretUnusableError } from '../../../../shared/errors.ts';

async function all(findings: Findings): Promise<Finding[]> {
  const made: Finding[] = [];
  for await (const finding of findings) made.push(finding);
  return made;
}

/** An error as the SDK throws it for an answer. */
const answered = (name: string, httpStatusCode: number, message = 'no') =>
  Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });

const outcomeOf = async (error: Error) => {
  const find = () => ask('ses:GetAccount', () => Promise.reject(error));
  const [finding] = await all(run([{ about: 'SES', find }]));
  return finding;
};

describe('A check', () => {
  it.each([
    ['denied by name', answered('AccessDeniedException', 400)],
    ['denied by status alone', answered('Unknown', 403)],
  ])('that is %s is untestable, with the permission', async (_, error) => {
    expect(await outcomeOf(error)).toEqual({
      about: 'SES',
      verdict: 'untestable',
      evidence: 'these credentials lack the permission ses:GetAccount',
    });
  });

  it.each([answered('NotImplemented', 501), answered('Throttling', 400), answered('InternalFailure', 500)])(
    'whose question is not answered is untestable, with the reason: $name',
    async error => {
      expect(await outcomeOf(error)).toEqual({
        about: 'SES',
        verdict: 'untestable',
        evidence: `ses:GetAccount is not answered: ${error.name}: no`,
      });
    },
  );

  it("whose look is denied is untestable, in the deployment's words and with the permission", async () => {
    expect(await outcomeOf(new LookupDeniedError('S3 denies reading.'))).toMatchObject({
      verdict: 'untestable',
      evidence: 'S3 denies reading. These credentials need ses:GetAccount',
    });
  });

  it.each([
    ['a deployment', new DeploymentRefusedError('There is no a.b in x. To list: aws s3 ls.')],
    ['a secret', new SecretUnusableError('s', 'Store another: aws x')],
  ])('that %s refuses is refuted: what is wrong, and what to do', async (_, error) => {
    const { verdict, evidence, remedy } = (await outcomeOf(error)) ?? {};
    expect({ verdict, whole: `${evidence}. ${remedy}` }).toEqual({
      verdict: 'refuted',
      whole: error.message,
    });
  });

  it.each([
    [
      'a lost network',
      Object.assign(new Error('connect'), { code: 'ECONNREFUSED', $metadata: { attempts: 3 } }),
    ],
    ['a bug', new TypeError('undefined')],
  ])('does not hide %s', async (_, error) => {
    await expect(outcomeOf(error)).rejects.toBe(error);
  });
});

it('Checks are made at once and told in their order', async () => {
  const { promise: second, resolve } = Promise.withResolvers<void>();
  const findings = run([
    { about: 'a', find: async () => second.then(() => confirmed('1')) },
    {
      about: 'b',
      find: async () => {
        resolve();
        return confirmed('2');
      },
    },
  ]);
  expect((await all(findings)).map(({ about }) => about)).toEqual(['a', 'b']);
});

describe('A question with an answer by error', () => {
  const question = (error: Error) =>
    askUnless('dynamodb:DescribeTable', ['ResourceNotFoundException'], 'none', () => Promise.reject(error));

  it('is answered by that error', async () => {
    expect(await question(answered('ResourceNotFoundException', 400))).toBe('none');
  });

  it('is not answered by any other', async () => {
    await expect(question(answered('Throttling', 400))).rejects.toThrow(
      'dynamodb:DescribeTable is not answered',
    );
  });
});
