import { expect, it, onTestFinished } from 'vitest';
import { startStudentApi, studentWith } from '../helpers/student-api.ts';

it('of 1,000 requests at once for 100 ids, 100 create a student that is mailed once, and no other fails worse than 409', async () => {
  // Mails wait for a process like all else here: in a tenth of the time the queue would hand them out again.
  const api = await startStudentApi({ timeScale: 1 });
  onTestFinished(api.stop);
  const ids = Array.from({ length: 100 }, (_, index) => `RUSH-${String(index).padStart(3, '0')}`);
  const requests = Array.from({ length: 10 }, (_, round) =>
    ids.map(id => ({ id, name: `Round ${round}` })),
  ).flat();

  const replies = await Promise.all(requests.map(({ id, name }) => api.create(studentWith(id, { name }))));
  const statuses = Map.groupBy(replies, ({ status }) => status);
  expect(new Map([...statuses].map(([status, all]) => [status, all.length]))).toEqual(
    new Map([
      [201, 100],
      [409, 900],
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
});
