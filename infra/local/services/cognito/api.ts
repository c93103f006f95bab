import { z } from 'zod';
import { operationOf } from '../../kernel/action-names.ts';
import { type ApiTraits, fieldsOf } from '../../kernel/api-traits.ts';
import { arnOf } from '../../kernel/arn.ts';
import {
  AwsError,
  type AwsService,
  answeringErrors,
  jsonErrorResponse,
  jsonResponse,
} from '../../kernel/aws-api.ts';
import { jsonRefusal } from '../../kernel/permissions/refusal.ts';
import { generatePassword } from './passwords.ts';
import type { Pool, PoolClient } from './pools.ts';
import type { User, Users } from './users.ts';

/** A pool with its users, and what the API needs beside them. */
export interface RunningPool {
  readonly pool: Pool;
  readonly users: Users;
  readonly createdAt: number;
  invite(to: string, username: string, password: string): Promise<void>;
  /** Ends what a user's tokens stand on. */
  forget(user: User, what: 'tokens' | 'tokens and sessions'): void;
}

export const cognitoApi: ApiTraits = {
  requirementsOf: ({ body }, action) => {
    const { UserPoolId } = fieldsOf<{ UserPoolId: string }>(body);
    return [{ action: `cognito-idp:${action}`, resource: arnOf('cognito-idp', `userpool/${UserPoolId}`) }];
  },
  refuse: denial => jsonRefusal(denial, '1.1', 400),
};

const Attributes = z.array(z.object({ Name: z.string(), Value: z.string().default('') })).default([]);
const ofPool = { UserPoolId: z.string() };
const ofUser = { ...ofPool, Username: z.string().min(1) };
const Page = { Limit: z.int().min(1).max(60).default(60), PaginationToken: z.string().optional() };

const CreateUser = z.strictObject({
  ...ofUser,
  DesiredDeliveryMediums: z.array(z.literal('EMAIL')).optional(),
  MessageAction: z.enum(['RESEND', 'SUPPRESS']).optional(),
  TemporaryPassword: z.string().optional(),
  UserAttributes: Attributes,
});
const SetPassword = z.strictObject({
  ...ofUser,
  Password: z.string(),
  Permanent: z.boolean().default(false),
});
const OfUser = z.strictObject(ofUser);
const OfGroup = z.strictObject({ ...ofUser, GroupName: z.string() });
const ListUsers = z.strictObject({ ...ofPool, ...Page, Filter: z.string().optional() });
const InGroup = z.strictObject({
  ...ofPool,
  GroupName: z.string(),
  Limit: Page.Limit,
  NextToken: z.string().optional(),
});
const GroupsOfUser = z.strictObject({ ...ofUser, Limit: Page.Limit, NextToken: z.string().optional() });

type Operation = (pool: RunningPool, input: unknown) => Promise<object> | object;

/** An operation with its input checked. @throws AwsError InvalidParameterException */
function operation<T extends z.ZodType>(
  schema: T,
  perform: (pool: RunningPool, input: z.output<T>) => Promise<object> | object,
): Operation {
  return (pool, input) => {
    const { success, data, error } = schema.safeParse(input);
    if (!success)
      throw invalid(error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
    return perform(pool, data);
  };
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  AdminCreateUser: operation(CreateUser, createUser),
  async AdminSetUserPassword(pool, input) {
    return operation(SetPassword, async ({ users }, { Username, Password, Permanent }) => {
      await users.setPassword(
        users.get(Username),
        Password,
        Permanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD',
      );
      return {};
    })(pool, input);
  },
  AdminGetUser: operation(OfUser, ({ users }, { Username }) => {
    const { Attributes: UserAttributes, ...user } = described(users.get(Username));
    return { ...user, UserAttributes };
  }),
  AdminDeleteUser: operation(OfUser, ({ users, forget }, { Username }) => {
    const user = users.get(Username);
    users.remove(user);
    forget(user, 'tokens and sessions');
    return {};
  }),
  // It does not end the browser's session: API reference, AdminUserGlobalSignOut.
  AdminUserGlobalSignOut: operation(OfUser, ({ users, forget }, { Username }) => {
    forget(users.get(Username), 'tokens');
    return {};
  }),
  AdminAddUserToGroup: operation(OfGroup, ({ pool, users }, { Username, GroupName }) => {
    const user = users.get(Username);
    users.setGroups(user, [...new Set([...user.groups, groupOf(pool, GroupName)])]);
    return {};
  }),
  AdminRemoveUserFromGroup: operation(OfGroup, ({ pool, users }, { Username, GroupName }) => {
    const user = users.get(Username);
    const removed = groupOf(pool, GroupName);
    users.setGroups(
      user,
      user.groups.filter(name => name !== removed),
    );
    return {};
  }),
  AdminListGroupsForUser: operation(GroupsOfUser, ({ pool, users }, { Username }) => ({
    Groups: users.get(Username).groups.map(GroupName => ({ GroupName, UserPoolId: pool.id })),
  })),
  ListUsers: operation(ListUsers, ({ users }, { Filter, Limit, PaginationToken }) => {
    if (Filter !== undefined) throw invalid('The local Cognito does not emulate Filter');
    const { page, next } = pageOf(users.all(), Limit, PaginationToken);
    return { Users: page.map(described), PaginationToken: next };
  }),
  ListUsersInGroup: operation(InGroup, ({ pool, users }, { GroupName, Limit, NextToken }) => {
    const name = groupOf(pool, GroupName);
    const members = users.all().filter(({ groups }) => groups.includes(name));
    const { page, next } = pageOf(members, Limit, NextToken);
    return { Users: page.map(described), NextToken: next };
  }),
  DescribeUserPool: operation(z.strictObject(ofPool), ({ pool, users, createdAt }) => ({
    UserPool: {
      Id: pool.id,
      Arn: pool.arn,
      Name: pool.name,
      Policies: { PasswordPolicy: pool.policy },
      MfaConfiguration: pool.mfa,
      AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      Domain: pool.domains[0],
      EstimatedNumberOfUsers: users.all().length,
      CreationDate: createdAt / 1000,
      ...(pool.signsInByEmail ? { UsernameAttributes: ['email'] } : {}),
    },
  })),
  DescribeUserPoolClient: operation(
    z.strictObject({ ...ofPool, ClientId: z.string() }),
    ({ pool }, { ClientId }) => {
      const client = pool.clients.find(({ id }) => id === ClientId);
      if (client === undefined) throw notFound(`User pool client ${ClientId} does not exist.`);
      return { UserPoolClient: describedClient(pool, client) };
    },
  ),
};

/** The part of `cognito-idp` that administers users. @param pools by their ids */
export function createCognitoApi(pools: ReadonlyMap<string, RunningPool>): AwsService {
  return answeringErrors(
    async request => {
      const action = operationOf(request);
      const perform = Object.hasOwn(OPERATIONS, action) ? OPERATIONS[action] : undefined;
      if (perform === undefined)
        throw new AwsError('NotImplemented', `The local Cognito does not emulate ${action}`, 501);
      const input = fieldsOf<{ UserPoolId: string }>(request.body);
      const pool = pools.get(input.UserPoolId ?? '');
      if (pool === undefined) throw notFound(`User pool ${input.UserPoolId} does not exist.`);
      return jsonResponse(await perform(pool, input), '1.1');
    },
    error => jsonErrorResponse(error, '1.1'),
  );
}

async function createUser(
  { pool, users, invite }: RunningPool,
  { Username, MessageAction, TemporaryPassword, UserAttributes }: z.output<typeof CreateUser>,
): Promise<object> {
  if (MessageAction === 'RESEND') throw invalid('The local Cognito does not emulate MessageAction RESEND');
  if (pool.signsInByEmail && !Username.includes('@')) throw invalid('Username should be an email.');
  const attributes = Object.fromEntries(UserAttributes.map(({ Name, Value }) => [Name, Value]));
  const temporaryPassword = TemporaryPassword ?? generatePassword(pool.policy);
  const user = await users.create({ username: Username, attributes, temporaryPassword });
  const { email = '' } = user.attributes;
  if (MessageAction !== 'SUPPRESS' && email !== '') await invite(email, Username, temporaryPassword);
  return { User: described(user) };
}

function described({ username, sub, attributes, status, createdAt, changedAt }: User) {
  const all = Object.entries({ ...attributes, sub });
  return {
    Username: username,
    Attributes: all.map(([Name, Value]) => ({ Name, Value })),
    UserCreateDate: createdAt / 1000,
    UserLastModifiedDate: changedAt / 1000,
    Enabled: true,
    UserStatus: status,
  };
}

function describedClient(pool: Pool, { id, name, scopes, callbackUrls, logoutUrls }: PoolClient) {
  return {
    UserPoolId: pool.id,
    ClientId: id,
    ClientName: name,
    CallbackURLs: callbackUrls,
    LogoutURLs: logoutUrls,
    AllowedOAuthFlows: ['code'],
    AllowedOAuthFlowsUserPoolClient: true,
    AllowedOAuthScopes: scopes,
    SupportedIdentityProviders: ['COGNITO'],
  };
}

/** @param token index of the page's first user */
function pageOf(users: readonly User[], limit: number, token = '0') {
  const start = Number(token);
  const next = start + limit < users.length ? String(start + limit) : undefined;
  return { page: users.slice(start, start + limit), next };
}

function groupOf({ groups }: Pool, name: string): string {
  if (!groups.includes(name)) throw notFound('Group not found.');
  return name;
}

function notFound(message: string): AwsError {
  return new AwsError('ResourceNotFoundException', message, 404);
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidParameterException', message);
}
