/**
 * Set-up of the suites that meet the local cloud: each of its answers is held to AWS's own model,
 * and a test during which one differs fails.
 */
import { afterAll, afterEach, expect } from 'vitest';
import { takeViolations } from './held-answers.ts';

async function expectAnswersAsInModel(): Promise<void> {
  expect(await takeViolations(), 'Answers of the local cloud that AWS would not give').toEqual([]);
}

afterEach(expectAnswersAsInModel);
// Answers of what files start before their tests and stop after them.
afterAll(expectAnswersAsInModel);
