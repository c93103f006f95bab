import { domainsOf } from '../../../../shared/mail/email-address.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';

/** An address or a domain that SES knows in one region. */
export interface Identity {
  readonly region: string;
  readonly name: string;
  readonly isVerified: boolean;
  readonly tags: Readonly<Record<string, string>>;
  /** With which it sends unless a mail names another one. */
  readonly configurationSet?: string;
}

export interface Identities {
  find(region: string, name: string): Identity | undefined;
  put(identity: Identity): void;
  remove(region: string, name: string): void;
  /** Whether SES sends from an address: it, its domain or a parent domain is verified. */
  isVerified(region: string, address: string): boolean;
  /** That of the most specific identity which SES knows. */
  configurationSetOf(region: string, address: string): string | undefined;
}

export function createIdentities(store: DurableStore): Identities {
  const kept = store.map<Identity>('ses-identities');
  const keyOf = (region: string, name: string) => `${region}/${name}`;
  const find: Identities['find'] = (region, name) => kept.get(keyOf(region, name));
  const behind = (region: string, address: string) =>
    [address, ...domainsOf(address)].flatMap(name => find(region, name) ?? []);
  return {
    find,
    put: identity => kept.set(keyOf(identity.region, identity.name), identity),
    remove: (region, name) => kept.delete(keyOf(region, name)),
    isVerified: (region, address) => behind(region, address).some(({ isVerified }) => isVerified),
    configurationSetOf: (region, address) => behind(region, address)[0]?.configurationSet,
  };
}
