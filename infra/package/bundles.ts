import { writeFileSync } from 'node:fs';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { packFunctions } from '../assets/archive.ts';
import { BUNDLING, bundleHandlers } from '../assets/bundling.ts';

/** Constructs and commands run where the user's CDK app does: on the oldest Node of `engines`. */
const OLDEST_NODE = 'node22';

const SHARED = {
  absWorkingDir: BUNDLING.absWorkingDir,
  bundle: true,
  platform: 'node',
  target: OLDEST_NODE,
  // `#assets` and `#edition` mean other files in the package: see `imports` in package.json.
  conditions: ['packaged'],
  external: ['aws-cdk-lib', 'constructs'],
  metafile: true,
} satisfies BuildOptions;

/** The paths of all files that a bundle was made of, from the root of the repository. */
type Inputs = readonly string[];

/**
 * The constructs as one CommonJS file. ES modules import it by name as well, so no app can get two
 * copies of a class.
 */
export async function bundleConstructs(outfile: string): Promise<Inputs> {
  const { metafile } = await build({
    ...SHARED,
    entryPoints: ['infra/package/index.ts'],
    outfile,
    format: 'cjs',
    // Names stay: they are in the stack traces of apps.
    minifySyntax: true,
    minifyWhitespace: true,
    define: { 'import.meta.dirname': '__dirname' },
  });
  return inputsOf(metafile);
}

/** The commands, with an SDK client loaded only by those that use it. */
export async function bundleCommands(outdir: string): Promise<Inputs> {
  const { metafile } = await build({
    ...SHARED,
    entryPoints: ['infra/package/cli.ts'],
    outdir,
    format: 'esm',
    splitting: true,
    minify: true,
    keepNames: BUNDLING.keepNames,
    outExtension: { '.js': '.mjs' },
    mainFields: BUNDLING.mainFields,
    banner: BUNDLING.banner,
  });
  return inputsOf(metafile);
}

/**
 * The code of every function that the constructs name. They name them by strings, so a function
 * that is new is found without a list of its own.
 *
 * @param constructs the code of the constructs
 * @param archive file for the functions' code
 */
export function bundleFunctions(constructs: string, archive: string): Inputs {
  const names = new Set(constructs.match(/(?<=")pipeline\/[\w-]+(?=")/g));
  const { bundles, metafile } = bundleHandlers([...names].sort(), SHARED.conditions);
  writeFileSync(archive, packFunctions(bundles));
  return inputsOf(metafile);
}

const inputsOf = ({ outputs }: Metafile): Inputs =>
  Object.values(outputs).flatMap(({ inputs }) =>
    Object.entries(inputs).flatMap(([file, { bytesInOutput }]) => (bytesInOutput > 0 ? file : [])),
  );
