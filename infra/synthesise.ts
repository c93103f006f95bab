import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

/** Settings by name, as `-c name=value` gives them. They win over those of cdk.json. */
export type Context = Readonly<Record<string, string>>;

const CdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** What `cdk synth` adds to the context, except that it reports the app's findings itself. */
const COMMAND_LINE_CONTEXT = {
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:enable-asset-metadata': true,
  'aws:cdk:disable-version-reporting': true,
  'aws:cdk:bundling-stacks': ['**'],
};

/** What Node adds to an error that nothing caught. */
const NOISE = /^(?:Node\.js v.*|\s+at .*)\n/gm;

/**
 * Writes the assembly that `cdk synth` writes, without the seconds that npx and the CDK's command
 * line take to load. The environment is not passed on, so the result depends on the project alone.
 *
 * @param root the project
 * @param directory where the assembly goes
 * @throws Error with the findings of cdk-nag, or whatever else the app refused
 */
export async function synthesise(root: string, directory: string, context: Context): Promise<void> {
  try {
    await promisify(execFile)(process.execPath, [join(root, 'infra/app.ts')], {
      cwd: root,
      env: environment(root, directory, context),
    });
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new Error(`The template could not be synthesised:\n${output.replaceAll(NOISE, '').trim()}`, {
      cause: error,
    });
  }
}

/** The variables with which `cdk synth` starts the app. */
export function environment(root: string, directory: string, context: Context): Record<string, string> {
  const configured = CdkJson.parse(JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8'))).context;
  return {
    PATH: dirname(process.execPath),
    CDK_OUTDIR: directory,
    CDK_CONTEXT_JSON: JSON.stringify({ ...configured, ...context, ...COMMAND_LINE_CONTEXT }),
    // The app prints its findings itself, and fails.
    CDK_APP_MODE: 'process',
    // Compiling AWS's rules takes four seconds. `npm run synth` and `npx cdk deploy` apply them.
    CDK_VALIDATION: 'false',
    // Node's own default folder. Compiling is a third of the time that the CDK takes to load.
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
  };
}
