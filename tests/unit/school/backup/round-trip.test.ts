import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backup } from '../../../../shared/school/backup/backup.ts';
import { type StudentItem, toLine } from '../../../../shared/school/backup/item-line.ts';
import { fromLine } from '../../../../shared/school/backup/read-line.ts';
import { type Outcome, restore, verify } from '../../../../shared/school/backup/restore.ts';
import { studentItem, studentItems } from './arbitrary-students.ts';
import { KEY, MemoryFiles, MemoryReports, MemoryTable, sourceOf } from './memory.ts';

/** A finished backup of these students: its manifest and its bytes. */
async function backUp(...students: readonly StudentItem[]) {
  const files = new MemoryFiles();
  const manifest = await backup(KEY, {
    source: sourceOf(students),
    files,
    reports: new MemoryReports(),
    now: () => new Date(0),
    signal: new AbortController().signal,
  });
  return { manifest, bytes: files.contents.get(KEY) ?? new Uint8Array() };
}

/** The bytes in small chunks, as a network may deliver them. */
function contentOf(bytes: Uint8Array, chunkBytes = 1000) {
  return async function* () {
    for (let start = 0; start < bytes.length; start += chunkBytes)
      yield bytes.subarray(start, start + chunkBytes);
  };
}

async function restoreInto(
  table: MemoryTable,
  bytes: Uint8Array,
  { overwrite = false, dryRun = false, chunkBytes = 1000 } = {},
) {
  const figures: Partial<Record<Outcome, number>> = {};
  const onOutcome = (outcome: Outcome) => {
    figures[outcome] = (figures[outcome] ?? 0) + 1;
  };
  await restore(contentOf(bytes, chunkBytes), table, { overwrite, dryRun, onOutcome });
  return figures;
}

const student = (id: string, name: string): StudentItem => ({ studentid: { S: id }, name: { S: name } });

describe('A line', () => {
  it('gives back the item, whatever its attributes', () => {
    fc.assert(
      fc.property(studentItem, item => {
        expect(fromLine(toLine(item))).toEqual(item);
      }),
    );
  });

  it('is one line, and the same one for the same item in another order', () => {
    fc.assert(
      fc.property(studentItem, item => {
        const reversed = Object.fromEntries(Object.entries(item).reverse());
        expect(toLine(reversed)).toBe(toLine(item));
        expect(toLine(item).indexOf('\n')).toBe(toLine(item).length - 1);
      }),
    );
    expect(toLine({ tags: { SS: ['b', 'a'] } })).toBe(toLine({ tags: { SS: ['a', 'b'] } }));
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{'],
    ['no item', '[]'],
    ['no studentid', '{"name":{"S":"An"}}'],
    ['a number for studentid', '{"studentid":{"N":"1"}}'],
    ['an empty studentid', '{"studentid":{"S":""}}'],
    ['an unknown type', '{"studentid":{"S":"1"},"x":{"X":"1"}}'],
    ['two types at once', '{"studentid":{"S":"1"},"x":{"S":"1","N":"1"}}'],
    ['a number that is no text', '{"studentid":{"S":"1"},"x":{"N":1}}'],
    ['a binary that is no Base64', '{"studentid":{"S":"1"},"x":{"B":"?"}}'],
  ])('with %s is refused', (_, line) => {
    expect(() => fromLine(line)).toThrow();
  });
});

describe('A backup restored into an empty table', () => {
  it('gives equal students, however the network cuts the file', async () => {
    await fc.assert(
      fc.asyncProperty(studentItems, fc.integer({ min: 1, max: 300 }), async (students, chunkBytes) => {
        const { manifest, bytes } = await backUp(...students);
        await verify(manifest, contentOf(bytes, chunkBytes));
        const table = new MemoryTable();
        await restoreInto(table, bytes, { chunkBytes });
        expect([...table.items.values()]).toEqual(students);
      }),
      { numRuns: 50 },
    );
  });
});

describe('A file is refused', () => {
  const students = Array.from({ length: 50 }, (_, index) => student(`SV${index}`, `Nguyễn ${index}`));

  it('with any bit changed', async () => {
    const { manifest, bytes } = await backUp(...students);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(7), async (position, bit) => {
        const tampered = Uint8Array.from(bytes);
        tampered[position] = (tampered[position] ?? 0) ^ (1 << bit);
        await expect(verify(manifest, contentOf(tampered))).rejects.toThrow('its SHA-256 is');
      }),
    );
  });

  it('truncated anywhere, or longer', async () => {
    const { manifest, bytes } = await backUp(...students);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), async length => {
        await expect(verify(manifest, contentOf(bytes.subarray(0, length)))).rejects.toThrow('size in bytes');
      }),
    );
    await expect(verify(manifest, contentOf(Buffer.concat([bytes, bytes])))).rejects.toThrow('size in bytes');
  });

  it('whose count differs from its manifest’s', async () => {
    const { manifest, bytes } = await backUp(...students);
    const wrong = { ...manifest, count: manifest.count + 1 };
    await expect(verify(wrong, contentOf(bytes))).rejects.toThrow('number of students is 50, not 51');
  });

  it('with a line that is not a student, which the error names', async () => {
    const { manifest } = await backUp();
    const bytes = gzipSync(`${toLine(student('SV1', 'An'))}{"name":{"S":"nobody"}}\n`);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const forged = { ...manifest, count: 2, bytes: bytes.length, sha256 };
    await expect(verify(forged, contentOf(bytes))).rejects.toThrow('Line 2 is not a student');
  });
});

describe('A restore', () => {
  const same = student('same', 'An');
  const [before, after] = [student('changed', 'before'), student('changed', 'after')];
  const added = student('added', 'Bình');

  it('inserts missing students, and leaves those who differ alone', async () => {
    const { bytes } = await backUp(same, before, added);
    const table = new MemoryTable(same, after);
    expect(await restoreInto(table, bytes)).toEqual({ inserted: 1, conflict: 1, unchanged: 1 });
    expect([...table.items.values()]).toEqual([same, after, added]);
  });

  it('replaces students who differ if told to', async () => {
    const { bytes } = await backUp(same, before, added);
    const table = new MemoryTable(same, after);
    expect(await restoreInto(table, bytes, { overwrite: true })).toEqual({
      inserted: 1,
      updated: 1,
      unchanged: 1,
    });
    expect([...table.items.values()]).toEqual([same, before, added]);
  });

  it.each([false, true])(
    'in a dry run reports the same and writes nothing (overwrite: %s)',
    async overwrite => {
      const { bytes } = await backUp(same, before, added);
      const table = new MemoryTable(same, after);
      const told = await restoreInto(table, bytes, { overwrite, dryRun: true });
      expect([...table.items.values()]).toEqual([same, after]);
      expect(await restoreInto(table, bytes, { overwrite })).toEqual(told);
    },
  );

  it('that is repeated changes nothing more', async () => {
    const { bytes } = await backUp(same, before, added);
    const table = new MemoryTable();
    await restoreInto(table, bytes);
    expect(await restoreInto(table, bytes)).toEqual({ unchanged: 3 });
  });

  it('never overwrites a change made meanwhile', async () => {
    const { bytes } = await backUp(before);
    const meanwhile = student('changed', 'meanwhile');
    const table = new MemoryTable(after);
    const get = table.get.bind(table);
    table.get = async id => {
      const seen = await get(id);
      table.items.set(id, meanwhile);
      return seen;
    };
    expect(await restoreInto(table, bytes, { overwrite: true })).toEqual({ conflict: 1 });
    expect([...table.items.values()]).toEqual([meanwhile]);
  });

  it('that fails stops and says why', async () => {
    const { bytes } = await backUp(...Array.from({ length: 100 }, (_, id) => student(String(id), 'An')));
    const table = new MemoryTable();
    table.insert = () => Promise.reject(new Error('the table is gone'));
    await expect(restoreInto(table, bytes)).rejects.toThrow('the table is gone');
  });
});
