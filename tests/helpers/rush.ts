import { expect } from 'vitest';
import { startStudentApi, studentWith } from './student-api.ts';

/**
 * Sends ten concurrent requests for each id: one of them creates the student, who is mailed
 * once; the others are told.
 */
export async function expectOneWinnerEach(students: number): Promise<void> {
  // Mails wait for a process like all else here: in a tenth of the time the queue would hand them
  // out again.
  const api = await startStudentApi({ timeScale: 1 });
  try {
    const ids = Array.from({ length: students }, (_, index) => `RUSH-${String(index).padStart(3, '0')}`);
    const requests = Array.from({ length: 10 }, (_, round) =>
      ids.map(id => ({ id, name: `Round ${round}` })),
    ).flat();

    const replies = await Promise.all(requests.map(({ id, name }) => api.create(studentWith(id, { name }))));
    const statuses = Map.groupBy(replies, ({ status }) => status);
    expect(new Map([...statuses].map(([status, all]) => [status, all.length]))).toEqual(
      new Map([
        [201, students],
        [409, 9 * students],
      ]),
    );

    await api.settled();
    const answered = statuses.get(201)?.map(({ body }) => body);
    const records = await api.records();
    expect(records.map(({ studentid }) => studentid).toSorted()).toEqual(ids);
    for (const student of answered ?? []) {
      expect(records).toContainEqual(expect.objectContaining(student));
    }
    const mailed = api.mails().flatMap(({ destination }) => destination.to);
    expect(mailed.toSorted()).toEqual(ids.map(id => studentWith(id).email));
  } finally {
    await api.stop();
  }
}
