import { configDefaults, defineConfig } from 'vitest/config';
import PlainSummary from './tests/helpers/plain-summary.ts';

interface SuiteOptions {
  /** @default every file of the folder with the suite's name */
  readonly files?: readonly string[];
  readonly except?: readonly string[];
  /** Generous, because a machine may be busy with other things. */
  readonly timeoutSeconds: number;
  /**
   * A worker otherwise loads the CDK or the local cloud once, which takes longer than most tests.
   * @default false
   */
  readonly isolate?: boolean;
  /**
   * Whether answers of the local cloud are held to AWS's model.
   * @default false
   */
  readonly holdsAnswers?: boolean;
  /**
   * Whether stacks that the tests make themselves are held to AWS's rules. To compile these takes a
   * process four seconds.
   * @default false
   */
  readonly validatesStacks?: boolean;
  /**
   * Whether it reads the synthesised templates. They are made only for suites that run.
   * @default false
   */
  readonly needsAssembly?: boolean;
}

/**
 * Tests that need modules loaded afresh: a handler reads its environment when it is loaded, and
 * each file sets another one; and one test is about what is loaded.
 */
const LOADED_AFRESH = [
  'tests/unit/cli/lazy-loading.test.ts',
  'tests/unit/handlers/*.test.ts',
  'tests/unit/school/students/{idempotency-key,students-handler}.test.ts',
];

/**
 * `npm test` leaves the nightly tests out: those that play many runs, or wait in real time.
 * `--mode nightly` runs nothing else.
 */
export default defineConfig(({ mode }) => {
  const isNightly = mode === 'nightly';
  const suite = (name: string, options: SuiteOptions) => {
    const { files = [`tests/${name}/**/*.test.ts`], except = [] } = options;
    const { timeoutSeconds, isolate = false, needsAssembly = false } = options;
    const { holdsAnswers = false, validatesStacks = false } = options;
    return {
      test: {
        name,
        isolate,
        env: validatesStacks ? {} : { CDK_VALIDATION: 'false' },
        include: files.map(file => (isNightly ? file.replace('.test.ts', '.nightly.test.ts') : file)),
        exclude: [...configDefaults.exclude, ...except, ...(isNightly ? [] : ['**/*.nightly.test.ts'])],
        globalSetup: needsAssembly ? ['tests/helpers/synthesise.ts'] : [],
        setupFiles: holdsAnswers ? ['tests/helpers/hold-answers.ts'] : [],
        testTimeout: timeoutSeconds * 1000,
        hookTimeout: timeoutSeconds * 1000,
        // What a test waits for may take as long as the test.
        expect: { poll: { timeout: timeoutSeconds * 1000 } },
      },
    };
  };
  return {
    test: {
      // For two cores: most tests wait for something now and then.
      maxWorkers: 3,
      reporters: ['default', new PlainSummary()],
      // By what they need: nothing, the synthesised template, the package, the local cloud, the
      // local cloud in virtual time, a browser.
      projects: [
        suite('unit', { except: LOADED_AFRESH, timeoutSeconds: 120 }),
        suite('isolated', { files: LOADED_AFRESH, timeoutSeconds: 120, isolate: true }),
        suite('template', { timeoutSeconds: 120, needsAssembly: true, validatesStacks: true }),
        suite('package', { timeoutSeconds: 240, needsAssembly: true }),
        suite('local', { timeoutSeconds: 120, holdsAnswers: true }),
        suite('adapters', { timeoutSeconds: 120, holdsAnswers: true }),
        suite('acceptance', { timeoutSeconds: 240, needsAssembly: true, holdsAnswers: true }),
        suite('chaos', { timeoutSeconds: 600, needsAssembly: true }),
        suite('browser', { timeoutSeconds: 240, needsAssembly: true, holdsAnswers: true }),
        suite('bench', { timeoutSeconds: 240, needsAssembly: true }),
      ],
    },
  };
});
