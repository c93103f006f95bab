import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AwsService } from '../../../infra/local/kernel/aws-api.ts';
import { startAwsEndpoint } from '../../../infra/local/kernel/aws-endpoint.ts';
import { openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import { sts } from '../../../infra/local/services/sts/service.ts';
import { accountOf } from '../../../infra/local/template/account.ts';
import { clientFor } from '../../helpers/sdk-client.ts';
import { allow, permissionsOf, ROLE, stackWith, USER } from '../kernel/permissions/guarded.ts';

/** STS beside a role of the template that may do nothing with it. */
async function start() {
  const resources = stackWith([allow('sqs:SendMessage', '*')]);
  const permissions = permissionsOf(resources);
  const [journal, store, services] = [createJournal(), openDurableStore(), new Map<string, AwsService>()];
  const endpoint = await startAwsEndpoint({ port: 0, services, journal });
  const running = await sts.start(undefined, {
    options: {},
    callAws: endpoint.call,
    endpoint: endpoint.url,
    localUrls: {},
    timeScale: 1,
    account: () => accountOf([]),
    folder: () => undefined,
    use(capability) {
      throw new Error(`STS uses no ${capability.name}`);
    },
    journal,
    store,
    permissions,
  });
  for (const [name, handle] of Object.entries(running.apis ?? {}))
    services.set(name, permissions.guard(handle));
  onTestFinished(async () => {
    await endpoint.stop();
    store.close();
  });
  const clientAs = (accessKeyId: string) =>
    new STSClient({ ...clientFor(endpoint.url), credentials: { accessKeyId, secretAccessKey: 'local' } });
  return clientAs;
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
