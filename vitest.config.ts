import { defineConfig } from 'vitest/config';
import PlainSummary from './tests/helpers/plain-summary.ts';

/** Suites by what they need: nothing (unit), the synthesised template, the local cloud, the local cloud in virtual time, a browser. */
const suite = (name: string, options: { timeoutSeconds: number; isolate?: boolean }) => ({
  test: {
    name,
    // To load the CDK or the local cloud takes longer than most tests: a worker does it once.
    isolate: options.isolate ?? false,
    include: [`tests/${name}/**/*.test.ts`],
    testTimeout: options.timeoutSeconds * 1000,
    hookTimeout: 120_000,
    // What a test waits for may take as long as the test.
    expect: { poll: { timeout: options.timeoutSeconds * 1000 } },
  },
});

export default defineConfig({
  test: {
    globalSetup: ['tests/helpers/synthesise.ts'],
    // For two cores: most tests wait for somebody now and then.
    maxWorkers: 3,
    reporters: ['default', new PlainSummary()],
    projects: [
      // Handlers read their environment when they are loaded, and each file gives them another one.
      suite('unit', { timeoutSeconds: 30, isolate: true }),
      suite('template', { timeoutSeconds: 120 }),
      suite('local', { timeoutSeconds: 60 }),
      suite('adapters', { timeoutSeconds: 60 }),
      suite('acceptance', { timeoutSeconds: 240 }),
      suite('chaos', { timeoutSeconds: 600 }),
      // Each file has a browser of its own, which its helpers hold.
      suite('browser', { timeoutSeconds: 120, isolate: true }),
    ],
  },
});
