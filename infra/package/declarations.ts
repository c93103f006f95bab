import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';

const TSC = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');

/**
 * The types of the public surface in one file that imports nothing but the peers. The compiler
 * writes a file for each source, with imports that end in `.ts`: most are nobody's business.
 *
 * @param scratch a folder for the compiler's files
 */
export async function declare(outfile: string, scratch: string): Promise<void> {
  const project = join(import.meta.dirname, 'tsconfig.json');
  await promisify(execFile)(process.execPath, [TSC, '--project', project, '--outDir', scratch]);
  const bundle = await rolldown({
    input: { index: join(scratch, 'infra/package/index.d.ts') },
    external: /^(?:aws-cdk-lib|constructs)\b/,
    // The compiler has written all declarations before. 'tsgo' would read the whole project.
    plugins: [dts({ dtsInput: true, emitDtsOnly: true, tsconfig: false, generator: 'oxc' })],
  });
  await bundle.write({ file: outfile });
}
