import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalCloud, startLocalCloud } from '../../infra/local/local-cloud.ts';
import { AttachmentSettings, Settings } from '../../infra/settings.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import {
  type CommandResult,
  type DocumentedShell,
  documentedShell,
  FOR_AWS_ONLY,
  standInFor,
} from '../helpers/documented-shell.ts';
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
    command: /^(?:npm test|npm run (?:test:|bench|referees)|npx vitest)/,
    reason: 'suites, benchmarks and referees run by themselves; one of them runs this',
  },
  { command: /^npx cdk (?:bootstrap|deploy)\b/, reason: 'needs an AWS account' },
  {
    command: /^(?:npm install|npx) cloudfront-auto-invalidation\b/,
    reason: 'is for apps elsewhere: tests/package is such an app',
  },
  {
    command: /^npm run doctor -- --before\b/,
    reason: 'tests/acceptance/doctor-before.test.ts runs it, beside a site that has no pipeline yet',
  },
  { command: FOR_AWS_ONLY, reason: 'for AWS only, as the document says' },
];

const isRun = (command: string) => !NOT_RUN.some(each => each.command.test(command));

let cloud: LocalCloud;
let shell: DocumentedShell;
const results = new Map<string, CommandResult>();

beforeAll(async () => {
  cloud = await startLocalCloud({ assemblyDirectory: ASSEMBLY, timeScale: 0.1, alarms: false });
  shell = documentedShell(cloud, { aws: standInFor('aws'), curl: standInFor('curl') });
  for (const { commands } of DOCUMENTS) {
    const run = commands.map(({ command }) => command).filter(isRun);
    for (const [command, result] of await shell.run(run)) results.set(command, result);
  }
}, 600_000);

afterAll(async () => {
  await cloud.stop();
  shell.remove();
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
