import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { FUNCTIONS } from '../assets/archive.ts';
import { describeApi } from './api.ts';
import { bundleCommands, bundleConstructs, bundleFunctions } from './bundles.ts';
import { declare } from './declarations.ts';
import { noticesFor } from './notices.ts';
import { runbookOf } from './runbook.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Files that are published as they are, by their names in the package. */
const COPIED: Readonly<Record<string, string>> = {
  'README.md': 'infra/package/npm/README.md',
  'CHANGELOG.md': 'infra/package/npm/CHANGELOG.md',
  LICENSE: 'LICENSE',
  'lib/assets/refresh.asl.json': 'infra/workflows/refresh.asl.json',
};

export interface BuildOptions {
  /** Folder of the tarball, and of a folder `package` with what is in it. */
  readonly output: string;
  /**
   * Where the sources are, which npm proves with a release.
   * @default - the manifest does not say
   */
  readonly repository?: string | undefined;
}

export interface BuiltPackage {
  /** Path of the tarball. */
  readonly tarball: string;
  /** Paths in the package. */
  readonly files: readonly string[];
  readonly packedBytes: number;
  readonly unpackedBytes: number;
  /** Files of this repository that its bundles hold parts of. */
  readonly inputs: readonly string[];
}

const Packed = z.tuple([
  z.object({
    filename: z.string(),
    size: z.number(),
    unpackedSize: z.number(),
    files: z.array(z.object({ path: z.string() })),
  }),
]);

/**
 * Builds the package and packs it. The same sources always become the same bytes: neither the
 * bundlers nor npm write times or paths of this machine.
 */
export async function buildPackage({ output, repository }: BuildOptions): Promise<BuiltPackage> {
  const folder = join(output, 'package');
  rmSync(folder, { recursive: true, force: true });
  const inputs = await assemble(folder);
  writeFileSync(join(folder, 'package.json'), manifest(repository));
  const { filename, size, unpackedSize, files } = await pack(folder, output);
  return {
    tarball: join(output, filename),
    files: files.map(({ path }) => path),
    packedBytes: size,
    unpackedBytes: unpackedSize,
    inputs,
  };
}

async function assemble(folder: string): Promise<readonly string[]> {
  for (const [target, source] of Object.entries(COPIED)) {
    mkdirSync(dirname(join(folder, target)), { recursive: true });
    copyFileSync(join(ROOT, source), join(folder, target));
  }
  const constructs = join(folder, 'lib/constructs');
  const [ofConstructs, ofCommands] = await Promise.all([
    bundleConstructs(join(constructs, 'index.js')),
    bundleCommands(join(folder, 'lib/cli')),
    declareAside(join(constructs, 'index.d.ts')),
  ]);
  const code = readFileSync(join(constructs, 'index.js'), 'utf8');
  const ofFunctions = bundleFunctions(code, join(folder, 'lib/assets', FUNCTIONS));
  const inputs = [...new Set([...ofConstructs, ...ofCommands, ...ofFunctions])].sort();
  writeFileSync(join(folder, 'NOTICES.txt'), noticesFor(inputs));
  writeFileSync(join(folder, 'RUNBOOK.md'), runbookOf(readFileSync(join(ROOT, 'RUNBOOK.md'), 'utf8')));
  writeFileSync(join(folder, 'API.md'), describeApi(readFileSync(join(constructs, 'index.d.ts'), 'utf8')));
  return inputs;
}

async function declareAside(file: string): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'declarations-'));
  try {
    await declare(file, scratch);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function manifest(repository: string | undefined): string {
  const text = readFileSync(join(ROOT, 'infra/package/npm/package.json'), 'utf8');
  if (repository === undefined) return text;
  return JSON.stringify({ ...JSON.parse(text), repository: { type: 'git', url: repository } }, null, 2);
}

async function pack(folder: string, output: string) {
  const { stdout } = await promisify(execFile)('npm', ['pack', '--json', '--pack-destination', output], {
    cwd: folder,
    shell: process.platform === 'win32',
  });
  const [packed] = Packed.parse(JSON.parse(stdout));
  return packed;
}
