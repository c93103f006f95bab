import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it } from 'vitest';
import { sts } from '../../../infra/local/services/sts/service.ts';
import { startLoneService } from '../../helpers/lone-service.ts';
import { allow, permissionsOf, ROLE, stackWith, USER } from '../kernel/permissions/guarded.ts';

/** STS beside a role of the template that may do nothing with it. */
async function start() {
  const resources = stackWith([allow('sqs:SendMessage', '*')]);
  const permissions = permissionsOf(resources);
  const as = await startLoneService(sts, { definitions: undefined, options: {}, resources, permissions });
  return (accessKeyId: string) => new STSClient(as(accessKeyId));
}

describe('GetCallerIdentity', () => {
  it.each([
    ['an administrator by the access key', 'local', 'arn:aws:iam::000000000000:user/local'],
    ['a role of the template by its session, without any permission', 'worker-role', USER],
  ])('names %s', async (_, accessKeyId, Arn) => {
    const clientAs = await start();
    expect(await clientAs(accessKeyId).send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '000000000000',
      Arn,
    });
  });
});

it('Any other action of STS is refused by name', async () => {
  const clientAs = await start();
  const command = new AssumeRoleCommand({ RoleArn: ROLE, RoleSessionName: 'me' });
  await expect(clientAs('local').send(command)).rejects.toMatchObject({
    name: 'InvalidAction',
    message: 'The local STS does not emulate AssumeRole',
  });
});
