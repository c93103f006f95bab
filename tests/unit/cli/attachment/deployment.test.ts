import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attachment } from '../../../../infra/cli/attachment/assemble.ts';
import {
  checkPlace,
  deploy,
  detach,
  ownBucketName,
  prefixOf,
} from '../../../../infra/cli/attachment/deployment.ts';
import { CommandError } from '../../../../infra/cli/command.ts';
import { Crash, MemoryAccount, type Trouble } from './memory-account.ts';

const PLACE = { stackName: 'AutoInvalidation', region: 'eu-central-1', account: '111122223333' };
const TEMPLATE_KEY = `${prefixOf(PLACE)}template.json`;

const attachmentOf = (version: string): Attachment => ({
  template: `{"version":"${version}"}`,
  assets: ['collect', 'report'].map(name => ({
    key: `${prefixOf(PLACE)}${name}-${version}.zip`,
    content: Buffer.from('code'),
  })),
});

/** One run of `attach`, from its checks on. */
async function attachOnce(account: MemoryAccount, attachment: Attachment) {
  const parts = {
    stack: account.stackChanges(attachment),
    bucket: account.bucket(ownBucketName(PLACE)),
    step: () => undefined,
  };
  return await deploy(attachment, await checkPlace(PLACE, 'my-site', parts), PLACE, parts);
}

function detachOnce(account: MemoryAccount): Promise<void> {
  const stack = account.stackChanges(attachmentOf('any'));
  return detach(PLACE, name => account.bucket(name), {
    stack,
    step: () => undefined,
    namedBucket: undefined,
  });
}

/** More than there can be crashes and failures. */
const MANY = 20;

/** Runs a command until it ends by itself, as somebody does whose connection is bad. */
async function insist<T>(command: () => Promise<T>): Promise<T | string> {
  for (let run = 0; run < MANY; run++) {
    try {
      return await command();
    } catch (error) {
      if (error instanceof CommandError && !error.message.includes('rolled back')) return error.message;
      if (!(error instanceof Crash || error instanceof CommandError)) throw error;
    }
  }
  throw new Error('It never ended');
}

const anyTrouble: fc.Arbitrary<Trouble> = fc.record({
  crashes: fc.array(fc.record({ call: fc.nat(60), when: fc.constantFrom('before', 'after') }), {
    maxLength: 5,
  }),
  failures: fc.nat(2),
});

describe('attach and detach, run again after each interruption', () => {
  it('deploy what is wanted, update it, and leave nothing, wherever they are cut or rolled back', async () => {
    await fc.assert(
      fc.asyncProperty(anyTrouble, async trouble => {
        const account = new MemoryAccount(trouble);
        for (const version of ['1', '2']) {
          const attachment = attachmentOf(version);
          await insist(() => attachOnce(account, attachment));
          expect(account.stack?.status).toMatch(/^(CREATE|UPDATE)_COMPLETE$/);
          expect(account.stack?.deployed).toBe(attachment.template);
          expect([...(account.objects?.keys() ?? [])]).toEqual(
            expect.arrayContaining([TEMPLATE_KEY, ...attachment.assets.map(({ key }) => key)]),
          );
          expect(await insist(() => attachOnce(account, attachment))).toBe('none');
        }
        await insist(() => detachOnce(account));
        expect(account.objects).toBeUndefined();
        expect(account.stack).toBeUndefined();
        expect(await insist(() => detachOnce(account))).toContain('nothing is attached');
      }),
      { numRuns: 1000 },
    );
  });

  it('name the resource that failed, and why', async () => {
    const account = new MemoryAccount({ crashes: [], failures: 1 });
    await expect(attachOnce(account, attachmentOf('1'))).rejects.toThrow(
      /could not be created \(ROLLBACK_COMPLETE\)\. Collect \(AWS::Lambda::Function\): no\nIt was rolled back\./,
    );
  });

  it('remove a stack that was never made whole before they make it anew', async () => {
    const account = new MemoryAccount({ crashes: [], failures: 1 });
    await expect(attachOnce(account, attachmentOf('1'))).rejects.toThrow(CommandError);
    expect(account.stack?.status).toBe('ROLLBACK_COMPLETE');
    expect(await attachOnce(account, attachmentOf('1'))).toBe('changes');
    expect(account.stack?.status).toBe('CREATE_COMPLETE');
  });

  it('leave a bucket alone that holds something else', async () => {
    const account = new MemoryAccount({ crashes: [], failures: 0 });
    await attachOnce(account, attachmentOf('1'));
    account.objects?.set('cloudfront-auto-invalidation/Other/template.json', '{}');
    await detachOnce(account);
    expect([...(account.objects?.keys() ?? [])]).toEqual([
      'cloudfront-auto-invalidation/Other/template.json',
    ]);
    expect(account.stack).toBeUndefined();
  });
});
