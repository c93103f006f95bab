import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Commands that the documents give for AWS only, where the local cloud has no such service. */
export const FOR_AWS_ONLY =
  /\b(?:ses verify-email-identity|sesv2 (?:create-email-identity|get-account)|lambda list-event-source-mappings|events list-rules)\b|^logs /;

/** The files in the folders `old` and `new`, which the documents compare by `npm run plan`. */
const CHANGED = ['index.html', 'styles.css', 'photos/class (1).jpg'];
const UNCHANGED = ['photos/class 2.jpg', 'about.html', 'news.html', 'robots.txt'];

export interface CommandResult {
  readonly status: number;
  readonly output: string;
}

/** Runs commands of the documents as a reader does, against a local cloud. */
export interface DocumentedShell {
  /** Runs them one after the other in one shell: later ones use what earlier ones define. */
  run(commands: readonly string[]): Promise<Map<string, CommandResult>>;
  remove(): void;
}

/**
 * The repository as links, with the folders of the documents' example.
 *
 * @param programs that come before those on the PATH: the command line that each name stands for
 */
export function documentedShell(
  cloud: LocalCloud,
  programs: Readonly<Record<string, string>>,
): DocumentedShell {
  const project = mkdtempSync(join(tmpdir(), 'documents-'));
  for (const entry of readdirSync(ROOT)) symlinkSync(join(ROOT, entry), join(project, entry));
  for (const folder of ['old', 'new']) {
    for (const file of [...CHANGED, ...UNCHANGED]) {
      const path = join(project, folder, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, CHANGED.includes(file) ? folder : 'as ever');
    }
  }
  mkdirSync(join(project, 'bin'));
  for (const [name, commandLine] of Object.entries(programs))
    writeFileSync(join(project, 'bin', name), `#!/bin/sh\nexec ${commandLine} "$@"\n`, { mode: 0o755 });
  writeFileSync(join(project, 'bin/npm'), npmOf(project), { mode: 0o755 });
  return {
    run: commands => runInOneShell(commands, project, cloud),
    remove: () => rmSync(project, { recursive: true }),
  };
}

/** The command line of our stand-in for a program that a machine may lack. */
export function standInFor(program: 'aws' | 'curl'): string {
  return `"${process.execPath}" "${join(ROOT, `tests/helpers/${program}-command.ts`)}"`;
}

/**
 * Runs the scripts of package.json that are a call of Node and nothing before it, and has npm do
 * all else: npm takes longer to start than these take to run.
 */
function npmOf(project: string): string {
  const { scripts } = PackageJson.parse(JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')));
  const calls = Object.entries(scripts).filter(
    ([name, script]) => script.startsWith('node ') && !(`pre${name}` in scripts),
  );
  const cases = calls.map(
    ([name, script]) => `"run ${name}") shift 2; [ "$1" = -- ] && shift; exec ${script} "$@";;`,
  );
  return ['#!/bin/sh', 'case "$1 $2" in', ...cases, 'esac', `PATH="\${PATH#*:}" exec npm "$@"`, ''].join(
    '\n',
  );
}

const PackageJson = z.object({ scripts: z.record(z.string(), z.string()) });

async function runInOneShell(
  commands: readonly string[],
  project: string,
  cloud: LocalCloud,
): Promise<Map<string, CommandResult>> {
  const END = '\x1e';
  const script = [
    'shopt -s expand_aliases; set -o pipefail; exec 2>&1',
    `PATH="${project}/bin:${dirname(process.execPath)}:$PATH"`,
    `export NODE_COMPILE_CACHE="${join(tmpdir(), 'node-compile-cache')}"`,
    ...commands.flatMap(command => [forHere(command, cloud), `printf '\\036%s\\036' "$?"`]),
  ].join('\n');
  const file = join(project, 'commands.sh');
  writeFileSync(file, script);
  const { stdout } = await promisify(execFile)('bash', [file], { cwd: project, maxBuffer: 64 * 2 ** 20 });
  const parts = stdout.split(END);
  return new Map(
    commands.map((command, index) => [
      command,
      { output: parts[2 * index] ?? '', status: Number(parts[2 * index + 1] ?? Number.NaN) },
    ]),
  );
}

/** The same command for this local cloud, on its ports. What is meant for AWS goes there too. */
function forHere(command: string, { endpoint, siteUrl, outputs }: LocalCloud): string {
  const { ApiUrl = '', SiteBucketName = '' } = outputs;
  return command
    .replaceAll('http://127.0.0.1:4566', endpoint)
    .replaceAll('http://127.0.0.1:8081/prod', ApiUrl)
    .replaceAll('http://127.0.0.1:8080', siteUrl)
    .replace(/^npm run (?:status|refresh|redrive|restore) --(?!.* --local)/, '$& --local')
    .replaceAll('--local', `--local --endpoint ${endpoint}`)
    .replace(/^aws (?=s3api|cloudfront)/, `env ${CREDENTIALS} aws --endpoint-url ${endpoint} `)
    .replaceAll('my-school-site', SiteBucketName)
    .replace(/ ARN\b/, ` "$(${NEWEST_EXECUTION})"`);
}

const CREDENTIALS = 'AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local';

const NEWEST_EXECUTION =
  'awscli stepfunctions list-executions --state-machine-arn "$(output RefreshStateMachineArn)" --query "executions[0].executionArn" --output text';
