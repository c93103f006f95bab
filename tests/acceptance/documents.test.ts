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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalCloud, startLocalCloud } from '../../infra/local/local-cloud.ts';
import { AttachmentSettings, Settings } from '../../infra/settings.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { commandsIn, documents, unmarkedCommandsIn } from '../helpers/documents.ts';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENTS = documents()
  .map(document => ({ ...document, commands: commandsIn(document.text) }))
  .filter(({ text }) => text.includes('```'));

/** What is not run here, and why. */
const NOT_RUN: readonly { readonly command: RegExp; readonly reason: string }[] = [
  { command: /^npm start\b/, reason: 'tests/acceptance/start.test.ts starts it' },
  { command: /^npm ci$/, reason: 'whoever runs this has done it' },
  {
    command: /^(?:npm test|npm run (?:test:|bench)|npx vitest)/,
    reason: 'suites and benchmarks run by themselves; one of them runs this',
  },
  { command: /^npx cdk (?:bootstrap|deploy)\b/, reason: 'needs an AWS account' },
  {
    command: /^npm run doctor -- --before\b/,
    reason: 'tests/acceptance/doctor-before.test.ts runs it, beside a site that has no pipeline yet',
  },
  {
    command:
      /\b(?:ses verify-email-identity|sesv2 (?:create-email-identity|get-account)|lambda list-event-source-mappings|events list-rules)\b/,
    reason: 'for AWS only, as the document says',
  },
  { command: /^logs /, reason: 'CloudWatch Logs are for AWS only, as the document says' },
];

/** The files in the folders `old` and `new`, which the documents compare by `npm run plan`. */
const CHANGED = ['index.html', 'styles.css', 'photos/class (1).jpg'];
const UNCHANGED = ['photos/class 2.jpg', 'about.html', 'news.html', 'robots.txt'];

const isRun = (command: string) => !NOT_RUN.some(each => each.command.test(command));

interface Result {
  readonly status: number;
  readonly output: string;
}

let cloud: LocalCloud;
let project: string;
const results = new Map<string, Result>();

beforeAll(async () => {
  cloud = await startLocalCloud({ assemblyDirectory: ASSEMBLY, timeScale: 0.1, alarms: false });
  project = projectWithExample();
  for (const { commands } of DOCUMENTS) {
    const run = commands.map(({ command }) => command).filter(isRun);
    for (const [command, result] of await runInOneShell(run)) results.set(command, result);
  }
}, 600_000);

afterAll(async () => {
  await cloud.stop();
  rmSync(project, { recursive: true });
});

describe.each(DOCUMENTS)('$name', ({ commands, text }) => {
  const run = commands.filter(({ command }) => isRun(command));

  it.each(run)('has a command that works: $command', ({ command, printed = '' }) => {
    expect(results.get(command)).toMatchObject({ status: 0, output: expect.stringContaining(printed) });
  });

  it('marks every block of commands as sh or console, so that it is run here', () => {
    expect(unmarkedCommandsIn(text)).toEqual([]);
  });
});

describe.each(documents())('$name names', ({ text }) => {
  it('only scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const named = [...text.matchAll(/\bnpm run (?:--silent )?([\w:-]*\w)/g)].map(([, name]) => name);
    expect(named.filter(name => !(String(name) in scripts))).toEqual([]);
  });

  it('only settings that there are', () => {
    const named = [...text.matchAll(/ -c (\w+)=/g)].map(([, name]) => name);
    const settings = { ...Settings.shape, ...AttachmentSettings.shape };
    expect(named.filter(name => name !== 'name' && !(String(name) in settings))).toEqual([]);
  });
});

it('every exception is used by some document', () => {
  const commands = DOCUMENTS.flatMap(document => document.commands.map(({ command }) => command));
  const unused = NOT_RUN.filter(each => !commands.some(command => each.command.test(command)));
  expect(unused).toEqual([]);
});

/**
 * The repository as links, with the folders of the example, and with stand-ins for `aws` and
 * `curl`.
 */
function projectWithExample(): string {
  const directory = mkdtempSync(join(tmpdir(), 'documents-'));
  for (const entry of readdirSync(ROOT)) symlinkSync(join(ROOT, entry), join(directory, entry));
  for (const folder of ['old', 'new']) {
    for (const file of [...CHANGED, ...UNCHANGED]) {
      const path = join(directory, folder, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, CHANGED.includes(file) ? folder : 'as ever');
    }
  }
  mkdirSync(join(directory, 'bin'));
  for (const command of ['aws', 'curl']) {
    const script = join(ROOT, `tests/helpers/${command}-command.ts`);
    const text = `#!/bin/sh\nexec "${process.execPath}" "${script}" "$@"\n`;
    writeFileSync(join(directory, 'bin', command), text, { mode: 0o755 });
  }
  return directory;
}

/** Runs commands one after the other, as a reader does: later ones use what earlier ones define. */
async function runInOneShell(commands: readonly string[]): Promise<Map<string, Result>> {
  const END = '\x1e';
  const script = [
    'shopt -s expand_aliases; set -o pipefail; exec 2>&1',
    `PATH="${project}/bin:$PATH"`,
    ...commands.flatMap(command => [forHere(command), `printf '\\036%s\\036' "$?"`]),
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

/**
 * The same command for the local cloud of this test, on its ports. What is meant for AWS goes there
 * too.
 */
function forHere(command: string): string {
  const { endpoint, siteUrl, outputs } = cloud;
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
