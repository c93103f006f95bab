import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CREATED_TAG,
  mailSender,
  type SenderIdentities,
  USED_TAG,
} from '../../../shared/deployment/mail-sender.ts';
import type { SenderIdentity } from '../../../shared/mail/sender.ts';

const ADDRESS = 'site@school.example.com';
const REGION = 'eu-west-1';
const arnOf = (address: string) => `arn:aws:ses:${REGION}:111122223333:identity/${address}`;
const of = (Owner: string, Address = ADDRESS) => ({
  Address,
  Region: REGION,
  IdentityArn: arnOf(Address),
  Owner,
});

/** SES in one region: only domains and addresses that somebody verified may be sent from. */
function sesWith(known: Readonly<Record<string, Partial<SenderIdentity>>> = {}) {
  const identities = new Map<string, SenderIdentity>(
    Object.entries(known).map(([name, identity]) => [name, { isVerified: true, tags: {}, ...identity }]),
  );
  const mailedLinks: string[] = [];
  const nameIn = (arn: string) => arn.replace(/^.*identity\//, '');
  const ses: SenderIdentities = {
    find: async name => identities.get(name),
    async create(name, tags) {
      if (identities.has(name)) return false;
      identities.set(name, { isVerified: false, tags });
      mailedLinks.push(name);
      return true;
    },
    async tag(arn, tags) {
      const identity = identities.get(nameIn(arn));
      if (identity === undefined) return false;
      identities.set(nameIn(arn), { ...identity, tags: { ...identity.tags, ...tags } });
      return true;
    },
    async untag(arn, key) {
      const identity = identities.get(nameIn(arn));
      if (identity === undefined) return;
      const { [key]: _, ...tags } = identity.tags;
      identities.set(nameIn(arn), { ...identity, tags });
    },
    async remove(name) {
      identities.delete(name);
    },
  };
  return { ses, identities, mailedLinks, sender: mailSender(() => ses) };
}

describe('A sender that SES does not know', () => {
  it('is added, and its state says which link to follow and how to get another', async () => {
    const { sender, mailedLinks } = sesWith();
    const { State } = await sender.put(of('stack/a'));
    expect(mailedLinks).toEqual([ADDRESS]);
    expect(State).toBe(
      `SES does not send from ${ADDRESS} yet: follow the link that it mailed there. The link is valid for 24 hours; for a new one: aws ses verify-email-identity --email-address ${ADDRESS} --region ${REGION}`,
    );
  });

  it('is added once, however often CloudFormation asks', async () => {
    const { sender, mailedLinks, identities } = sesWith();
    await sender.put(of('stack/a'));
    const once = identities.get(ADDRESS);
    await sender.put(of('stack/a'));
    expect(mailedLinks).toEqual([ADDRESS]);
    expect(identities.get(ADDRESS)).toEqual(once);
  });

  it('is removed with its stack, however often CloudFormation asks', async () => {
    const { sender, identities } = sesWith();
    await sender.put(of('stack/a'));
    for (let time = 1; time <= 2; time++) {
      await sender.remove(of('stack/a'));
      expect(identities.size).toBe(0);
    }
  });

  it('is another resource for another address or region', () => {
    const { sender } = sesWith();
    const ids = [
      of('stack/a'),
      of('stack/a', 'office@school.example.com'),
      { ...of('stack/a'), Region: 'us-east-1' },
    ];
    expect(new Set(ids.map(each => sender.idOf(each))).size).toBe(3);
    expect(sender.idOf(of('stack/b'))).toBe(sender.idOf(of('stack/a')));
  });

  it('needs no identity of its own if its domain or a parent domain is verified', async () => {
    for (const domain of ['school.example.com', 'example.com']) {
      const { sender, mailedLinks, identities } = sesWith({ [domain]: {} });
      expect(await sender.put(of('stack/a'))).toEqual({ State: `SES sends from ${ADDRESS}` });
      expect(mailedLinks).toEqual([]);
      await sender.remove(of('stack/a'));
      expect([...identities.keys()]).toEqual([domain]);
    }
  });

  it('is added if its domain is known but not verified, or another one is', async () => {
    const { sender, mailedLinks } = sesWith({
      'school.example.com': { isVerified: false },
      'other.example.com': {},
    });
    await sender.put(of('stack/a'));
    expect(mailedLinks).toEqual([ADDRESS]);
  });
});

describe('A sender that somebody else added', () => {
  it('is left alone, on creation as on removal', async () => {
    const { sender, identities, mailedLinks } = sesWith({ [ADDRESS]: { tags: { team: 'office' } } });
    const before = [...identities];
    expect(await sender.put(of('stack/a'))).toEqual({ State: `SES sends from ${ADDRESS}` });
    await sender.remove(of('stack/a'));
    expect([...identities]).toEqual(before);
    expect(mailedLinks).toEqual([]);
  });

  it('is reported if nobody has followed its link', async () => {
    const { sender } = sesWith({ [ADDRESS]: { isVerified: false } });
    expect((await sender.put(of('stack/a')))['State']).toContain('follow the link');
  });

  it('is reported as able to send if its domain is verified', async () => {
    const { sender } = sesWith({ [ADDRESS]: { isVerified: false }, 'example.com': {} });
    expect(await sender.put(of('stack/a'))).toEqual({ State: `SES sends from ${ADDRESS}` });
  });

  it('is found by a stack that wanted to add it at the same moment', async () => {
    const { sender, ses, identities } = sesWith();
    const { find } = ses;
    let looks = 0;
    const late = mailSender(() => ({
      ...ses,
      async find(name) {
        const found = await find(name);
        if (name === ADDRESS && ++looks === 1) await sender.put(of('stack/a'));
        return found;
      },
    }));
    await late.put(of('stack/b'));
    await sender.remove(of('stack/a'));
    expect(identities.has(ADDRESS)).toBe(true);
    await late.remove(of('stack/b'));
    expect(identities.has(ADDRESS)).toBe(false);
  });
});

describe('Stacks with one sender', () => {
  it('keep it until the last of them is gone, whatever the order', async () => {
    const step = fc.record({ stack: fc.constantFrom('a', 'b', 'c'), type: fc.constantFrom('put', 'remove') });
    await fc.assert(
      fc.asyncProperty(fc.array(step), async steps => {
        const { sender, identities } = sesWith();
        const users = new Set<string>();
        for (const { stack, type } of steps) {
          if (type === 'put') {
            await sender.put(of(stack));
            users.add(stack);
          } else {
            await sender.remove(of(stack));
            users.delete(stack);
          }
          expect(identities.has(ADDRESS)).toBe(users.size > 0);
        }
      }),
    );
  });

  it('may have a resource take over from another one in the same stack', async () => {
    const { sender, identities, mailedLinks } = sesWith();
    await sender.put(of('stack/former'));
    await sender.put(of('stack/next'));
    await sender.remove(of('stack/former'));
    expect(identities.has(ADDRESS)).toBe(true);
    expect(mailedLinks).toEqual([ADDRESS]);
  });

  it('leave nothing if a creation failed before it was done', async () => {
    const { sender, ses, identities } = sesWith();
    const failing = mailSender(() => ({
      ...ses,
      create: async (name, tags) => {
        await ses.create(name, tags);
        throw new Error('The connection was cut');
      },
    }));
    await expect(failing.put(of('stack/a'))).rejects.toThrow('cut');
    await sender.remove(of('stack/a'));
    expect(identities.size).toBe(0);
  });

  it('do not lose it by a failed creation in one of them', async () => {
    const { sender, identities } = sesWith();
    await sender.put(of('stack/a'));
    await sender.remove(of('stack/never created'));
    expect(identities.has(ADDRESS)).toBe(true);
  });

  it('leave it to whoever took the tag off', async () => {
    const { sender, ses, identities } = sesWith();
    await sender.put(of('stack/a'));
    await ses.untag(arnOf(ADDRESS), CREATED_TAG);
    await sender.remove(of('stack/a'));
    expect(identities.has(ADDRESS)).toBe(true);
  });

  it('tag it in the form that SES allows, however long their names are', async () => {
    const { sender, identities } = sesWith();
    await sender.put(of(`arn:aws:cloudformation:${'x'.repeat(300)}`));
    const tags = Object.entries(identities.get(ADDRESS)?.tags ?? {});
    expect(tags).toHaveLength(2);
    for (const [key, value] of tags) {
      expect(key).toMatch(/^[\w:.-]{1,128}$/);
      expect(value.length).toBeLessThanOrEqual(256);
    }
    expect(tags.some(([key]) => key.startsWith(USED_TAG))).toBe(true);
  });
});
