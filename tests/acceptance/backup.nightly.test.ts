import { it, onTestFinished } from 'vitest';
import { expectRoundTrip, startBackedUpSchool } from '../helpers/backed-up-school.ts';
import { manyStudents } from '../helpers/student-records.ts';

/** `npm run bench -- backup` does the same with 100,000. */
const MANY = 20_000;

it('20,000 students backed up through the API and restored into an empty table are equal, item by item', async () => {
  const school = await startBackedUpSchool(manyStudents(MANY), 0.1);
  onTestFinished(school.stop);
  await expectRoundTrip(school, MANY);
});
