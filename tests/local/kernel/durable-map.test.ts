import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDurableStore } from '../../../infra/local/kernel/durable-map.ts';

function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'store-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return join(directory, 'store.sqlite');
}

describe('A durable map', () => {
  it('behaves like a Map, whatever is written and however often it is opened', () => {
    const file = temporaryFile();
    const name = 'things';
    const expected = new Map<string, unknown>();
    const key = fc.constantFrom('a', 'A', "it's", '"quoted"', 'Điểm', '', '%');
    const step = fc.oneof(
      fc.record({ do: fc.constant('set' as const), key, value: fc.jsonValue() }),
      fc.record({ do: fc.constant('delete' as const), key }),
      fc.record({ do: fc.constant('reopen' as const) }),
    );
    let store = openDurableStore(file);
    onTestFinished(() => store.close());
    let map = store.map<unknown>(name);
    const take = {
      set: (taken: string, value: unknown) => {
        map.set(taken, value);
        expected.set(taken, JSON.parse(JSON.stringify(value)));
      },
      delete: (taken: string) => {
        map.delete(taken);
        expected.delete(taken);
      },
      reopen: () => {
        store.close();
        store = openDurableStore(file);
        map = store.map(name);
      },
    };
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), steps => {
        for (const one of steps) {
          if (one.do === 'set') take.set(one.key, one.value);
          else if (one.do === 'delete') take.delete(one.key);
          else take.reopen();
        }
        expect(map.values()).toEqual([...expected.values()]);
        for (const [known, value] of expected) expect(map.get(known)).toEqual(value);
        expect(map.get('never written')).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  });

  it('does not see the entries of another map in its store', () => {
    const store = openDurableStore();
    onTestFinished(() => store.close());
    store.map<number>('one').set('key', 1);
    store.map<number>('two').set('key', 2);
    expect(store.map<number>('one').values()).toEqual([1]);
  });

  it('without a file is empty after closing', () => {
    const first = openDurableStore();
    first.map<number>('one').set('key', 1);
    first.close();
    const second = openDurableStore();
    onTestFinished(() => second.close());
    expect(second.map<number>('one').values()).toEqual([]);
  });
});
