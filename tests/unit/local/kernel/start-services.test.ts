import { describe, expect, it } from 'vitest';
import type { AwsService } from '../../../../infra/local/kernel/aws-api.ts';
import { capability } from '../../../../infra/local/kernel/capability.ts';
import { openDurableStore } from '../../../../infra/local/kernel/durable-map.ts';
import { createJournal } from '../../../../infra/local/kernel/journal.ts';
import { createPermissions } from '../../../../infra/local/kernel/permissions/permissions.ts';
import { openPublicServers } from '../../../../infra/local/kernel/public-servers.ts';
import type { Cloud, Running, Service } from '../../../../infra/local/kernel/service.ts';
import { startServices } from '../../../../infra/local/kernel/start-services.ts';
import { accountOf } from '../../../../infra/local/template/account.ts';
import { type LoadedStack, withTexts } from '../../../../infra/local/template/template.ts';
import { STARTED_ONCE } from '../../../helpers/described-stacks.ts';

const STACK: LoadedStack = {
  name: 'Test',
  id: 'Test',
  resources: [
    { logicalId: 'Box', type: 'Test::Box', ref: 'box', attributes: {}, properties: { Size: '{{size}}' } },
  ],
  outputs: {},
  assets: new Map(),
};

const greet = capability<[name: string], string>('greeter.greet');

function service(name: string, start: (cloud: Cloud) => Running, more: Partial<Service> = {}): Service {
  return { name, types: {}, parse: () => undefined, start: (_, cloud) => start(cloud), ...more };
}

/**
 * Starts services on one stack.
 *
 * @returns what stops them, too, in the order in which it is to be called
 */
async function start(...services: Service[]) {
  const stops: (() => unknown)[] = [];
  const apis = new Map<string, AwsService>();
  const running = await startServices({
    services,
    stacks: [STACK],
    cloud: {
      options: {},
      callAws: async () => ({ status: 200 }),
      localUrls: {},
      endpoint: 'http://127.0.0.1:4566',
      journal: createJournal(),
      store: openDurableStore(),
      permissions: createPermissions(accountOf([STACK]), services),
      timeScale: 1,
      folder: () => undefined,
      ...STARTED_ONCE,
    },
    apis,
    servers: await openPublicServers([], {}, {}, () => undefined),
    onStarted: stop => stops.unshift(stop),
  });
  return { ...running, apis, stops };
}

describe('Services', () => {
  it('start in order, begin when all have started, and end before any of them stops', async () => {
    const happened: string[] = [];
    const noting = (name: string) =>
      service(name, () => {
        happened.push(`${name} starts`);
        return {
          begin() {
            happened.push(`${name} begins`);
            return () => void happened.push(`${name} ends`);
          },
          stop: () => void happened.push(`${name} stops`),
        };
      });
    const { stops } = await start(noting('a'), noting('b'));
    for (const stop of stops) await stop();
    expect(happened).toEqual([
      'a starts',
      'b starts',
      'a begins',
      'b begins',
      'b ends',
      'a ends',
      'b stops',
      'a stops',
    ]);
  });

  it('find in the template what those before them made known', async () => {
    const sizes: unknown[] = [];
    const reading = service('reading', () => ({}), {
      parse: account => sizes.push(account.all('Test::Box')[0]?.properties['Size']),
    });
    const knowing = service('knowing', () => ({
      complete: stack => withTexts(stack, text => text.replace('{{size}}', 'large')),
    }));
    const { account } = await start(reading, knowing, reading);
    expect(sizes).toEqual(['{{size}}', 'large']);
    expect(account.resources[0]?.properties).toEqual({ Size: 'large' });
  });

  it('answer under the signing names of their APIs', async () => {
    const answering = service('answering', () => ({ apis: { box: async () => ({ status: 204 }) } }));
    const { apis } = await start(answering);
    expect([...apis.keys()]).toEqual(['box']);
  });
});

describe('A capability', () => {
  const greeter = service('greeter', () => ({ offers: [greet.offer(name => `Hello ${name}`)] }));

  it('of a service that starts later can be used once that service has started', async () => {
    const greetings: string[] = [];
    const early = service(
      'early',
      ({ use }) => {
        const say = use(greet);
        expect(() => say('too early')).toThrow('No service has offered greeter.greet yet');
        return { begin: () => void greetings.push(say('Ann')) };
      },
      { needs: [greet] },
    );
    await start(early, greeter);
    expect(greetings).toEqual(['Hello Ann']);
  });

  it('belongs to one local cloud of several in a process', async () => {
    const other = service('greeter', () => ({ offers: [greet.offer(name => `Bonjour ${name}`)] }));
    const [english, french] = [await start(greeter), await start(other)];
    expect([english.use(greet)('Ann'), french.use(greet)('Ann')]).toEqual(['Hello Ann', 'Bonjour Ann']);
  });

  it('that a service does not declare is refused to it by name', async () => {
    const undeclared = service('undeclared', ({ use }) => ({ begin: () => void use(greet)('Ann') }));
    await expect(start(greeter, undeclared)).rejects.toThrow(
      'undeclared does not declare that it needs greeter.greet',
    );
  });

  it('that no service offers fails the start by name', async () => {
    const lonely = service('lonely', () => ({}), { needs: [greet] });
    await expect(start(lonely)).rejects.toThrow('lonely needs greeter.greet, which no service offers');
  });
});
