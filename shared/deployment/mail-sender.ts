import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { describeSender, hasVerifiedDomain, type KnownIdentities, senderState } from '../mail/sender.ts';
import type { ResourceKind } from './custom-resource.ts';

type Tags = Readonly<Record<string, string>>;

/** The identities of one region. */
export interface SenderIdentities extends KnownIdentities {
  /**
   * SES mails a link to a new address.
   * @returns false if SES knows the identity already, and leaves it as it is
   */
  create(name: string, tags: Tags): Promise<boolean>;
  /** @returns false if SES does not know the identity */
  tag(identityArn: string, tags: Tags): Promise<boolean>;
  /** Does nothing if SES does not know the identity, as `remove`. */
  untag(identityArn: string, key: string): Promise<void>;
  remove(name: string): Promise<void>;
}

const Sender = z.object({
  Address: z.string(),
  Region: z.string(),
  IdentityArn: z.string(),
  /** Tells this resource from those of other stacks, and from others in its own stack. */
  Owner: z.string(),
});
type Sender = z.infer<typeof Sender>;

/** On every identity that a stack of ours created. Without it an identity is left alone. */
export const CREATED_TAG = 'auto-invalidation:created-by';
/** One for each resource that needs the identity. The last one to go removes the identity. */
export const USED_TAG = 'auto-invalidation:used-by:';

/** Looks at an identity that keeps appearing or vanishing. */
const MAX_ATTEMPTS = 5;

/**
 * A sender that SES knows. An identity that was there before is left alone, and a sender whose
 * domain is verified needs none. Several stacks may have the same sender: each leaves its tag, and
 * the identity goes with the last of them.
 *
 * The attribute `State` says whether SES sends from it, and if not, what to do.
 */
export function mailSender(identitiesIn: (region: string) => SenderIdentities): ResourceKind {
  return {
    idOf(properties) {
      const { Address, Region } = Sender.parse(properties);
      return `${Region}/${Address}`;
    },
    async put(properties) {
      const sender = Sender.parse(properties);
      const identities = identitiesIn(sender.Region);
      await ensure(sender, identities);
      const state = await senderState(sender.Address, identities);
      return { State: describeSender(state, sender.Address, sender.Region) };
    },
    async remove(properties) {
      const sender = Sender.parse(properties);
      await release(sender, identitiesIn(sender.Region));
      return undefined;
    },
  };
}

/** Looks again if another stack created or removed the same identity meanwhile. */
async function ensure(sender: Sender, identities: SenderIdentities): Promise<void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) if (await ensured(sender, identities)) return;
  throw new Error(`Others keep creating and removing the SES identity ${sender.Address}. Deploy again.`);
}

/** @returns false if the identity appeared or vanished in between */
async function ensured({ Address, IdentityArn, Owner }: Sender, identities: SenderIdentities) {
  const used = { [usedTagOf(Owner)]: tagValue(Owner) };
  const known = await identities.find(Address);
  if (known !== undefined) return !(CREATED_TAG in known.tags) || identities.tag(IdentityArn, used);
  if (await hasVerifiedDomain(Address, identities)) return true;
  return identities.create(Address, { [CREATED_TAG]: tagValue(Owner), ...used });
}

/**
 * Looks again after it took its own tag away, so that of two that leave at once one is the last.
 */
async function release({ Address, IdentityArn, Owner }: Sender, identities: SenderIdentities): Promise<void> {
  const isOurs = async () => CREATED_TAG in ((await identities.find(Address))?.tags ?? {});
  if (!(await isOurs())) return;
  await identities.untag(IdentityArn, usedTagOf(Owner));
  const { tags = {} } = (await identities.find(Address)) ?? {};
  const isUsed = Object.keys(tags).some(key => key.startsWith(USED_TAG));
  if (CREATED_TAG in tags && !isUsed) await identities.remove(Address);
}

/** A tag's key may have 128 characters, which an owner may exceed. */
function usedTagOf(owner: string): string {
  return `${USED_TAG}${createHash('sha256').update(owner).digest('hex').slice(0, 16)}`;
}

/** For people who look at the identity. A tag's value may have 256 characters. */
const tagValue = (owner: string) => owner.slice(0, 256);
