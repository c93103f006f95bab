import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminDeleteUserCommand,
  AdminGetUserCommand,
  AdminListGroupsForUserCommand,
  AdminRemoveUserFromGroupCommand,
  AdminUserGlobalSignOutCommand,
  DescribeUserPoolClientCommand,
  DescribeUserPoolCommand,
  ListGroupsCommand,
  ListUsersCommand,
  ListUsersInGroupCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { startCognito } from './local-cognito.ts';

const EMAIL = 'office@school.example.com';

async function start(more: object = {}) {
  const store = openDurableStore();
  const cloud = await startCognito(store, more);
  onTestFinished(() => cloud.stop());
  const of = { UserPoolId: cloud.poolId, Username: EMAIL };
  return { ...cloud, store, of, inGroup: { ...of, GroupName: 'staff' } };
}

describe('A user of Cognito', () => {
  it('is invited by mail, or not if the mail is suppressed', async () => {
    const { client, of, mails } = await start();
    const before = mails().length;
    await client.send(new AdminCreateUserCommand({ ...of, TemporaryPassword: 'temp0rary-pass' }));
    expect(mails().at(-1)).toMatchObject({ subject: 'Your temporary password' });
    expect(mails().at(-1)?.body.html).toContain('temp0rary-pass');
    const other = { ...of, Username: 'other@school.example.com', MessageAction: 'SUPPRESS' as const };
    await client.send(new AdminCreateUserCommand(other));
    expect(mails().length).toBe(before + 1);
  });

  it('joins and leaves groups, and is deleted', async () => {
    const { client, of, inGroup } = await start();
    const { UserPoolId } = of;
    await client.send(new AdminCreateUserCommand(of));
    await client.send(new AdminAddUserToGroupCommand(inGroup));
    const groups = () => client.send(new AdminListGroupsForUserCommand(of));
    expect((await groups()).Groups).toMatchObject([{ GroupName: 'staff' }]);
    const members = new ListUsersInGroupCommand({ UserPoolId, GroupName: 'staff' });
    expect((await client.send(members)).Users).toHaveLength(1);
    await client.send(new AdminRemoveUserFromGroupCommand(inGroup));
    expect((await groups()).Groups).toEqual([]);
    await client.send(new AdminUserGlobalSignOutCommand(of));
    await client.send(new AdminDeleteUserCommand(of));
    expect((await client.send(new ListUsersCommand({ UserPoolId }))).Users).toEqual([]);
  });

  it('is refused in the words of AWS', async () => {
    const { client, of } = await start();
    const named = (name: string) => ({ name });
    await expect(client.send(new AdminGetUserCommand(of))).rejects.toMatchObject(
      named('UserNotFoundException'),
    );
    await expect(
      client.send(new AdminCreateUserCommand({ ...of, TemporaryPassword: 'short' })),
    ).rejects.toMatchObject(named('InvalidPasswordException'));
    await client.send(new AdminCreateUserCommand(of));
    await expect(client.send(new AdminCreateUserCommand(of))).rejects.toMatchObject(
      named('UsernameExistsException'),
    );
    await expect(
      client.send(new AdminAddUserToGroupCommand({ ...of, GroupName: 'none' })),
    ).rejects.toMatchObject(named('ResourceNotFoundException'));
  });

  it('has a password of which only a hash is kept', async () => {
    const { client, of, store } = await start();
    await client.send(new AdminCreateUserCommand({ ...of, TemporaryPassword: 'temp0rary-pass' }));
    expect(JSON.stringify(store.map('cognito-users').values())).not.toContain('temp0rary-pass');
  });
});

describe('A user pool', () => {
  it('is described, and so is its client', async () => {
    const { client, poolId: UserPoolId, clientId: ClientId } = await start();
    const { UserPool } = await client.send(new DescribeUserPoolCommand({ UserPoolId }));
    expect(UserPool).toMatchObject({ Id: UserPoolId, Domain: 'school' });
    const described = await client.send(new DescribeUserPoolClientCommand({ UserPoolId, ClientId }));
    expect(described.UserPoolClient).toMatchObject({ ClientId, AllowedOAuthFlows: ['code'] });
  });

  it('refuses by name what is not emulated', async () => {
    await expect(start({ LambdaConfig: {} })).rejects.toThrow('Pool (AWS::Cognito::UserPool): LambdaConfig');
    const { client, poolId: UserPoolId } = await start();
    await expect(client.send(new ListGroupsCommand({ UserPoolId }))).rejects.toThrow(
      'does not emulate ListGroups',
    );
  });
});
