import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { filesIn } from '../../infra/files-in.ts';
import { type CfnTemplate, readTemplate } from '../helpers/templates.ts';

const ROOT = join(import.meta.dirname, '../..');
const NAME = 'cloudfront-auto-invalidation';

/** What an app needs besides the package. */
const PEERS = ['aws-cdk-lib', 'constructs', '@types/node'];

const run = promisify(execFile);

/** A CDK app of somebody who has the package and nothing of this repository. */
export interface Stranger {
  readonly folder: string;
  /** Type-checks the app, and writes its JavaScript. @throws Error with what the compiler says */
  compile(): Promise<void>;
  /** Runs an app of one stack as `cdk synth` does, without feature flags. */
  synthesise(file: string): Promise<Synthesised>;
  remove(): void;
}

export interface Synthesised {
  readonly template: CfnTemplate;
  /** Folder of the assembly. */
  readonly folder: string;
  /** What the app printed. */
  readonly printed: string;
}

/**
 * Makes a folder with an app in it. The package is unpacked from its tarball, as npm does; the
 * peers are those of this repository, because a download would take longer than all the rest.
 *
 * @param files by their paths; TypeScript becomes JavaScript in `out/`
 */
export async function stranger(tarball: string, files: Readonly<Record<string, string>>): Promise<Stranger> {
  const folder = mkdtempSync(join(tmpdir(), 'stranger-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, NAME), { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', join(modules, NAME), '--strip-components=1']);
  for (const peer of PEERS) {
    mkdirSync(dirname(join(modules, peer)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', peer), join(modules, peer), 'junction');
  }
  return {
    folder,
    compile: () => compile(folder),
    synthesise: file => synthesise(folder, file),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

async function compile(folder: string): Promise<void> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  await run(
    process.execPath,
    [tsc, '--project', folder, '--noEmit', 'false', '--rootDir', '.', '--outDir', 'out'],
    {
      cwd: folder,
    },
  ).catch(error => {
    throw new Error(`The app does not compile:\n${error.stdout}`, { cause: error });
  });
}

async function synthesise(folder: string, file: string): Promise<Synthesised> {
  const CDK_OUTDIR = join(folder, 'cdk.out', file);
  const { stdout, stderr } = await run(process.execPath, [join(folder, file)], {
    cwd: folder,
    env: { PATH: dirname(process.execPath), CDK_OUTDIR },
  });
  const [template, ...others] = filesIn(CDK_OUTDIR).filter(name => name.endsWith('.template.json'));
  if (template === undefined || others.length > 0) throw new Error(`${file} is not one stack`);
  return { template: readTemplate(join(CDK_OUTDIR, template)), folder: CDK_OUTDIR, printed: stdout + stderr };
}
