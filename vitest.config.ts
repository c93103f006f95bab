import { defineConfig } from 'vitest/config';
import PlainSummary from './tests/helpers/plain-summary.ts';

interface SuiteOptions {
  readonly timeoutSeconds: number;
  /** Loading the CDK or the local cloud takes longer than most tests, so a worker does it once. @default false */
  readonly isolate?: boolean;
  /** Whether it reads the synthesised templates, which are made only for suites that run. @default false */
  readonly needsAssembly?: boolean;
}

const suite = (name: string, { timeoutSeconds, isolate = false, needsAssembly = false }: SuiteOptions) => ({
  test: {
    name,
    isolate,
    include: [`tests/${name}/**/*.test.ts`],
    exclude: ['**/*.nightly.test.ts'],
    globalSetup: needsAssembly ? ['tests/helpers/synthesise.ts'] : [],
    testTimeout: timeoutSeconds * 1000,
    hookTimeout: 120_000,
    // What a test waits for may take as long as the test.
    expect: { poll: { timeout: timeoutSeconds * 1000 } },
  },
});

export default defineConfig({
  test: {
    // For two cores: most tests wait for somebody now and then.
    maxWorkers: 3,
    reporters: ['default', new PlainSummary()],
    projects: [
      // Handlers read their environment when they are loaded, and each file gives them another one.
      suite('unit', { timeoutSeconds: 30, isolate: true }),
      suite('template', { timeoutSeconds: 120, needsAssembly: true }),
      suite('local', { timeoutSeconds: 60 }),
      suite('adapters', { timeoutSeconds: 60 }),
      suite('acceptance', { timeoutSeconds: 240, needsAssembly: true }),
      // In virtual time.
      suite('chaos', { timeoutSeconds: 600, needsAssembly: true }),
      // Each file has a browser of its own, which its helpers hold.
      suite('browser', { timeoutSeconds: 120, isolate: true, needsAssembly: true }),
    ],
  },
});
