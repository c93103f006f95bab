import { configDefaults, defineConfig } from 'vitest/config';
import PlainSummary from './tests/helpers/plain-summary.ts';

interface SuiteOptions {
  /** @default all of the folder of its name */
  readonly files?: readonly string[];
  readonly except?: readonly string[];
  readonly timeoutSeconds: number;
  /** @default false: to load the CDK or the local cloud takes longer than most tests, so a worker does it once */
  readonly isolate?: boolean;
}

/** Tests that load a handler: it reads its environment when it is loaded, and each file gives it another one. */
const HANDLERS = [
  'tests/unit/handlers/*.test.ts',
  'tests/unit/school/students/{idempotency-key,students-handler}.test.ts',
];

/**
 * `npm test` leaves the nightly tests out: those that play many runs, or wait in real time. `--mode nightly` runs nothing else.
 */
export default defineConfig(({ mode }) => {
  const isNightly = mode === 'nightly';
  const suite = (name: string, options: SuiteOptions) => {
    const { files = [`tests/${name}/**/*.test.ts`], except = [], timeoutSeconds, isolate = false } = options;
    return {
      test: {
        name,
        isolate,
        include: files.map(file => (isNightly ? file.replace('.test.ts', '.nightly.test.ts') : file)),
        exclude: [...configDefaults.exclude, ...except, ...(isNightly ? [] : ['**/*.nightly.test.ts'])],
        // Generous: a machine may be busy with other things.
        testTimeout: timeoutSeconds * 1000,
        hookTimeout: timeoutSeconds * 1000,
        // What a test waits for may take as long as the test.
        expect: { poll: { timeout: timeoutSeconds * 1000 } },
      },
    };
  };
  return {
    test: {
      globalSetup: ['tests/helpers/synthesise.ts'],
      // For two cores: most tests wait for somebody now and then.
      maxWorkers: 3,
      reporters: ['default', new PlainSummary()],
      // By what they need: nothing, the synthesised template, the local cloud, the local cloud in virtual time, a browser.
      projects: [
        suite('unit', { except: HANDLERS, timeoutSeconds: 120 }),
        suite('handlers', { files: HANDLERS, timeoutSeconds: 120, isolate: true }),
        suite('template', { timeoutSeconds: 120 }),
        suite('local', { timeoutSeconds: 120 }),
        suite('adapters', { timeoutSeconds: 120 }),
        suite('acceptance', { timeoutSeconds: 240 }),
        suite('chaos', { timeoutSeconds: 600 }),
        suite('browser', { timeoutSeconds: 240 }),
        suite('bench', { timeoutSeconds: 240 }),
      ],
    },
  };
});
