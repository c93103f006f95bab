import { randomUUID } from 'node:crypto';
import { AwsError } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import { checkPassword, hashPassword, isPassword } from './passwords.ts';
import type { Pool } from './pools.ts';

export type UserStatus = 'CONFIRMED' | 'FORCE_CHANGE_PASSWORD';

export interface User {
  readonly poolId: string;
  readonly sub: string;
  readonly username: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly groups: readonly string[];
  readonly status: UserStatus;
  readonly passwordHash: string;
  /** Milliseconds since the epoch. */
  readonly passwordSetAt: number;
  readonly createdAt: number;
  readonly changedAt: number;
}

export interface NewUser {
  readonly username: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly temporaryPassword: string;
}

export interface Users {
  all(): readonly User[];
  /** By user name, `sub`, or the address with which users of the pool sign in. */
  find(name: string): User | undefined;
  /** @throws AwsError UserNotFoundException */
  get(name: string): User;
  /** @throws AwsError UsernameExistsException or InvalidPasswordException */
  create(user: NewUser): Promise<User>;
  /** @throws AwsError InvalidPasswordException if it breaks the pool's policy */
  setPassword(user: User, password: string, status: UserStatus): Promise<User>;
  setGroups(user: User, groups: readonly string[]): void;
  remove(user: User): void;
  /** @throws AwsError NotAuthorizedException in Cognito's words, which do not say what was wrong */
  authenticate(name: string, password: string): Promise<User>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const normal = (name: string) => name.trim().toLowerCase();

/** The users of one pool. They are kept with hashes of their passwords. */
export function createUsers(pool: Pool, store: DurableStore): Users {
  const stored = store.map<User>('cognito-users');
  const keyOf = ({ sub }: Pick<User, 'sub'>) => `${pool.id}/${sub}`;
  const all = () => stored.values().filter(({ poolId }) => poolId === pool.id);
  const save = (user: User): User => {
    stored.set(keyOf(user), user);
    return user;
  };
  const namesOf = ({ username, sub, attributes: { email = '' } }: User) =>
    [username, sub, ...(pool.signsInByEmail ? [email] : [])].map(normal);
  const find = (name: string) => all().find(user => namesOf(user).includes(normal(name)));
  const changed = (user: User, change: Partial<User>) => save({ ...user, ...change, changedAt: Date.now() });
  return {
    all,
    find,
    get(name) {
      const user = find(name);
      if (user === undefined) throw new AwsError('UserNotFoundException', 'User does not exist.', 404);
      return user;
    },
    async create({ username, attributes, temporaryPassword }) {
      checkPassword(temporaryPassword, pool.policy);
      const passwordHash = await hashPassword(temporaryPassword);
      if (find(username) !== undefined)
        throw new AwsError('UsernameExistsException', 'User account already exists');
      const [sub, now] = [randomUUID(), Date.now()];
      return save({
        poolId: pool.id,
        sub,
        username: pool.signsInByEmail ? sub : username,
        attributes: pool.signsInByEmail ? { ...attributes, email: username } : attributes,
        groups: [],
        status: 'FORCE_CHANGE_PASSWORD',
        passwordHash,
        passwordSetAt: now,
        createdAt: now,
        changedAt: now,
      });
    },
    async setPassword(user, password, status) {
      checkPassword(password, pool.policy);
      const passwordHash = await hashPassword(password);
      return changed(find(user.sub) ?? user, { passwordHash, passwordSetAt: Date.now(), status });
    },
    setGroups: (user, groups) => void changed(user, { groups }),
    remove: user => stored.delete(keyOf(user)),
    async authenticate(name, password) {
      const user = find(name);
      if (!(await isPassword(password, user?.passwordHash)) || user === undefined)
        throw new AwsError('NotAuthorizedException', 'Incorrect username or password.');
      const age = Date.now() - user.passwordSetAt;
      if (user.status !== 'CONFIRMED' && age > pool.policy.TemporaryPasswordValidityDays * DAY_MS)
        throw new AwsError(
          'NotAuthorizedException',
          'Temporary password has expired and must be reset by an administrator.',
        );
      return user;
    },
  };
}
