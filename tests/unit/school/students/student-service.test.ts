import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Student, StudentFields } from '../../../../shared/school/students/student.ts';
import {
  createStudent,
  getStudent,
  removeStudent,
  requireAsRead,
  type StudentDependencies,
  type StudentRecord,
  toStudent,
  updateStudent,
} from '../../../../shared/school/students/student-service.ts';
import { ANNA, createOutbox, createStudentMemory, dependenciesOn } from './student-memory.ts';

const refusal = (code: string) => expect.objectContaining({ code });

function setUp() {
  const { records, stored } = createStudentMemory();
  const outbox = createOutbox();
  return { stored, outbox, dependencies: dependenciesOn(records, outbox) };
}

const CREATED: StudentRecord = {
  ...ANNA,
  version: 1,
  revision: 'r0',
  createdAt: 'then',
  updatedAt: 'then',
  createdBy: 'x',
};

describe('creating a student', () => {
  it('stores version 1 and mails the student', async () => {
    const { stored, outbox, dependencies } = setUp();
    const at = '2026-11-22T08:00:00.000Z';
    const student = await createStudent(ANNA, 'request 1', dependencies);
    expect(student).toStrictEqual({ ...ANNA, version: 1, revision: 'r1', createdAt: at, updatedAt: at });
    expect(stored.get('SV001')).toEqual({ ...student, createdBy: 'request 1' });
    expect(outbox.sent).toEqual([
      {
        type: 'student-confirmation',
        id: `student-confirmation-SV001-${at}`,
        to: ANNA.email,
        studentid: 'SV001',
        name: ANNA.name,
        class: ANNA.class,
      },
    ]);
  });

  it('refuses an id that is taken, and leaves its student alone', async () => {
    const { stored, outbox, dependencies } = setUp();
    await createStudent(ANNA, 'request 1', dependencies);
    const before = stored.get('SV001');
    await expect(createStudent({ ...ANNA, name: 'Eve' }, 'request 2', dependencies)).rejects.toThrow(
      refusal('StudentExists'),
    );
    expect(stored.get('SV001')).toBe(before);
    expect(outbox.sent).toHaveLength(1);
  });

  it('answers the student when its own request comes again, but not for other fields or a later version', async () => {
    const { dependencies } = setUp();
    const student = await createStudent(ANNA, 'key k', dependencies);
    expect(await createStudent(ANNA, 'key k', dependencies)).toEqual(student);
    await expect(createStudent({ ...ANNA, class: 'X' }, 'key k', dependencies)).rejects.toThrow(
      refusal('StudentExists'),
    );
    await updateStudent(ANNA, student.revision, dependencies);
    await expect(createStudent(ANNA, 'key k', dependencies)).rejects.toThrow(refusal('StudentExists'));
  });

  it.each([
    ['fails', () => Promise.reject(new Error('no queue'))],
    ['hangs', () => new Promise<void>(() => undefined)],
  ])('succeeds though the mail queue %s, and whoever comes next has the same mail sent', async (_, send) => {
    const { stored, outbox, dependencies } = setUp();
    const troubled = { ...dependencies, mails: { send }, sleep: () => Promise.resolve() };
    const student = await createStudent(ANNA, 'request 1', troubled);
    expect(dependencies.unconfirmed).toEqual([['SV001', expect.any(Error)]]);
    expect(stored.get('SV001')?.confirmation).toBe('pending');

    await expect(createStudent(ANNA, 'request 2', dependencies)).rejects.toThrow(refusal('StudentExists'));
    expect(outbox.ids()).toEqual([`student-confirmation-SV001-${student.createdAt}`]);
    expect(stored.get('SV001')).not.toHaveProperty('confirmation');
  });

  it('is confirmed by the next change when nobody repeats it', async () => {
    const { stored, outbox, dependencies } = setUp();
    const broken = { send: () => Promise.reject(new Error('no queue')) };
    const { revision } = await createStudent(ANNA, 'request 1', { ...dependencies, mails: broken });
    await updateStudent({ ...ANNA, email: 'new@example.com' }, revision, dependencies);
    expect(outbox.sent.map(({ to }) => to)).toEqual(['new@example.com']);
    expect(stored.get('SV001')).toMatchObject({ version: 2, email: 'new@example.com' });
    expect(stored.get('SV001')).not.toHaveProperty('confirmation');
  });
});

describe('reading, changing, removing', () => {
  it('answers what the API shows, and nothing else of the record', async () => {
    const { dependencies } = setUp();
    const student = await createStudent(ANNA, 'request 1', dependencies);
    expect(await getStudent('SV001', dependencies)).toStrictEqual(student);
    await expect(getStudent('SV002', dependencies)).rejects.toThrow(refusal('StudentNotFound'));
  });

  it('increments the version, and refuses to change an older one', async () => {
    const { dependencies } = setUp();
    const { revision } = await createStudent(ANNA, 'request 1', dependencies);
    const changed = await updateStudent({ ...ANNA, class: 'A' }, revision, dependencies);
    expect(changed).toMatchObject({ version: 2, class: 'A' });
    expect(await updateStudent({ ...ANNA, class: 'B' }, undefined, dependencies)).toMatchObject({
      version: 3,
    });
    await expect(updateStudent({ ...ANNA, class: 'C' }, changed.revision, dependencies)).rejects.toThrow(
      refusal('PreconditionFailed'),
    );
    expect((await getStudent('SV001', dependencies)).class).toBe('B');
  });

  it.each([undefined, 'r1'])('never creates by changing, revision %s', async revision => {
    const { stored, dependencies } = setUp();
    await expect(updateStudent(ANNA, revision, dependencies)).rejects.toThrow(refusal('StudentNotFound'));
    expect(stored.size).toBe(0);
  });

  it('recognises its own change when the SDK writes again after a lost answer', async () => {
    const { dependencies } = setUp();
    const { revision } = await createStudent(ANNA, 'request 1', dependencies);
    const { records } = dependencies;
    const replacedTwice: typeof records = {
      ...records,
      replace: async (...change) => {
        await records.replace(...change);
        return records.replace(...change);
      },
    };
    const changed = await updateStudent({ ...ANNA, class: 'A' }, revision, {
      ...dependencies,
      records: replacedTwice,
    });
    expect(changed).toMatchObject({ version: 2, class: 'A' });
  });

  it('removes repeatably, and only the requested version', async () => {
    const { stored, dependencies } = setUp();
    const { revision } = await createStudent(ANNA, 'request 1', dependencies);
    await expect(removeStudent('SV001', 'other', dependencies)).rejects.toThrow(
      refusal('PreconditionFailed'),
    );
    for (const seen of [revision, revision, undefined]) await removeStudent('SV001', seen, dependencies);
    expect(stored.size).toBe(0);
  });

  it('refuses to remove or change whoever got the id of the student that was read', async () => {
    const { stored, dependencies } = setUp();
    const { revision } = await createStudent(ANNA, 'request 1', dependencies);
    await removeStudent('SV001', undefined, dependencies);
    await createStudent({ ...ANNA, name: 'Bình' }, 'request 2', dependencies);
    await expect(removeStudent('SV001', revision, dependencies)).rejects.toThrow(
      refusal('PreconditionFailed'),
    );
    await expect(updateStudent(ANNA, revision, dependencies)).rejects.toThrow(refusal('PreconditionFailed'));
    expect(stored.get('SV001')?.name).toBe('Bình');
  });

  it.each([
    ['what was read', {}, 'accepted'],
    ['an older version', { version: 1 }, 'PreconditionFailed'],
    ['another revision', { revision: 'r1' }, 'PreconditionFailed'],
    ['another time of creation', { createdAt: 'never' }, 'ValidationFailed'],
  ])('compares %s with the student', async (_, changes, expected) => {
    const { dependencies } = setUp();
    await createStudent(ANNA, 'request 1', dependencies);
    const { version, revision, createdAt, updatedAt } = await updateStudent(ANNA, undefined, dependencies);
    const sent = { version, revision, createdAt, updatedAt, ...changes };
    const found = await requireAsRead('SV001', sent, dependencies).then(
      () => 'accepted',
      error => error.code,
    );
    expect(found).toBe(expected);
  });

  it('mails again when a removed id is given to a new student', async () => {
    const { outbox, dependencies } = setUp();
    for (const request of ['1', '2']) {
      await createStudent(ANNA, request, dependencies);
      await removeStudent('SV001', undefined, dependencies);
    }
    expect(outbox.ids()).toHaveLength(2);
  });
});

type Step = 'create' | 'read' | 'update' | 'overwrite' | 'remove';

const anyDay = fc.record({
  clerks: fc.array(
    fc.array(fc.constantFrom<Step>('create', 'read', 'update', 'overwrite', 'remove'), { maxLength: 5 }),
    { minLength: 2, maxLength: 3 },
  ),
  isRestored: fc.boolean(),
});

/** Works on one student. Refusals are part of it. */
async function playClerk(
  clerk: string,
  steps: readonly Step[],
  dependencies: StudentDependencies,
  note: (student: Student) => void,
): Promise<void> {
  let seen: Student | undefined;
  const play: Record<Step, (fields: StudentFields) => Promise<Student | undefined>> = {
    create: fields => createStudent(fields, fields.name, dependencies),
    read: () => getStudent('SV001', dependencies),
    update: fields => updateStudent(fields, seen?.revision, dependencies),
    overwrite: fields => updateStudent(fields, undefined, dependencies),
    remove: async () => {
      await removeStudent('SV001', seen?.revision, dependencies);
      return undefined;
    },
  };
  for (const [index, step] of steps.entries()) {
    seen = await play[step]({ ...ANNA, name: `${clerk} ${index}` }).catch(error => {
      if (!('code' in error)) throw error;
      return seen;
    });
    if (seen !== undefined) note(seen);
  }
}

describe('Concurrent requests, in any order:', () => {
  /** Runs with every step of every operation put in an order that fast-check chooses. */
  const inAnyOrder = (run: (world: ReturnType<typeof scheduled>) => Promise<void>) =>
    fc.assert(fc.asyncProperty(fc.scheduler(), async scheduler => run(scheduled(scheduler))));

  function scheduled(scheduler: fc.Scheduler) {
    const turn = () => scheduler.schedule(Promise.resolve());
    const { records, stored } = createStudentMemory(turn);
    const outbox = createOutbox(turn);
    const all = <T>(operations: Promise<T>[]) => scheduler.waitFor(Promise.allSettled(operations));
    return { stored, outbox, all, dependencies: dependenciesOn(records, outbox) };
  }

  const countsOf = (results: PromiseSettledResult<unknown>[]) =>
    Object.fromEntries(
      Map.groupBy(results, result => (result.status === 'fulfilled' ? 'done' : result.reason.code))
        .entries()
        .map(([outcome, those]) => [outcome, those.length]),
    );

  it('one of many creates wins, and one mail is sent', () =>
    inAnyOrder(async ({ stored, outbox, all, dependencies }) => {
      const names = ['A', 'B', 'C', 'D', 'E'];
      const results = await all(names.map(name => createStudent({ ...ANNA, name }, name, dependencies)));
      expect(countsOf(results)).toEqual({ done: 1, StudentExists: 4 });
      const winner = results.find(result => result.status === 'fulfilled')?.value;
      expect(stored.get('SV001')).toEqual({ ...winner, createdBy: winner?.name });
      expect(outbox.ids()).toHaveLength(1);
    }));

  it('one of many changes to a version wins, and none is lost', () =>
    inAnyOrder(async ({ stored, all, dependencies }) => {
      stored.set('SV001', CREATED);
      const revisions = ['r0', 'r0', 'r0', undefined, undefined];
      const changes = revisions.map((revision, index) =>
        updateStudent({ ...ANNA, name: `${index}` }, revision, dependencies),
      );
      const results = await all(changes);
      const done = results.filter(result => result.status === 'fulfilled').map(result => result.value);
      const guarded = results.slice(0, 3).filter(result => result.status === 'fulfilled');
      expect(guarded.length).toBeLessThanOrEqual(1);
      expect(done.length - guarded.length).toBe(2);
      expect(done.map(({ version }) => version).sort()).toEqual(done.map((_, index) => index + 2));
      const last = done.find(({ version }) => version === done.length + 1);
      expect(stored.get('SV001')).toMatchObject({ name: last?.name, version: last?.version });
    }));

  it('a guarded removal never removes a change', () =>
    inAnyOrder(async ({ stored, all, dependencies }) => {
      stored.set('SV001', CREATED);
      const [changed, removed] = await all<unknown>([
        updateStudent({ ...ANNA, name: 'New' }, CREATED.revision, dependencies),
        removeStudent('SV001', CREATED.revision, dependencies),
      ]);
      expect([changed?.status, removed?.status].sort()).toEqual(['fulfilled', 'rejected']);
      expect(stored.get('SV001')?.name).toBe(changed?.status === 'fulfilled' ? 'New' : undefined);
    }));

  it('two clerks, and a restore between them, never take one state of a student for another', () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), anyDay, async (scheduler, { clerks, isRestored }) => {
        const { stored, all, dependencies } = scheduled(scheduler);
        stored.set('SV001', CREATED);
        const shown = new Map<string, string>();
        const note = (student: Student) => {
          const state = JSON.stringify(toStudent(student));
          expect(shown.get(student.revision) ?? state).toBe(state);
          shown.set(student.revision, state);
        };
        const restore = scheduler.schedule(Promise.resolve()).then(() => {
          // Bytes for bytes as in a backup, its revision as well.
          if (isRestored) stored.set('SV001', CREATED);
        });
        const ended = await all([
          restore,
          ...clerks.map((steps, clerk) => playClerk(`${clerk}`, steps, dependencies, note)),
        ]);
        expect(ended.filter(({ status }) => status === 'rejected')).toEqual([]);
        for (const record of stored.values()) note(record);
      }),
    ));

  it('1,000 creates of 100 ids leave 100 students and 100 mails, nothing pending, and no unexpected error', async () => {
    const turn = () => new Promise(resolve => setImmediate(resolve));
    const { records, stored } = createStudentMemory(turn);
    const outbox = createOutbox(turn);
    const dependencies = dependenciesOn(records, outbox);
    const creates = Array.from({ length: 1000 }, (_, index) =>
      createStudent({ ...ANNA, studentid: `SV${index % 100}` }, `request ${index}`, dependencies),
    );
    expect(countsOf(await Promise.allSettled(creates))).toEqual({ done: 100, StudentExists: 900 });
    expect(stored.size).toBe(100);
    expect(outbox.ids()).toHaveLength(100);
    expect([...stored.values()].filter(({ confirmation }) => confirmation !== undefined)).toEqual([]);
  });
});
