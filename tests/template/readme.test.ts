import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AttachmentSettings, Settings } from '../../infra/settings.ts';
import { namesOthersMayHave } from '../helpers/deployment-rules.ts';
import {
  codeIn,
  commandsIn,
  type Document,
  documentNamed,
  documents,
  rowsUnder,
} from '../helpers/documents.ts';
import { permissionsOf, synthesised, templateWith } from '../helpers/templates.ts';

const ROOT = join(import.meta.dirname, '../..');
const INFRA = documentNamed('infra/README.md');

/** The words for a default that the code does not have. */
const WORDS_FOR_NO_DEFAULT =
  /^(?:required|the first recipient|chosen by CloudFormation|the stack's name|no limit|none)$/;

const ATTACHING: Readonly<Record<string, string>> = {
  'notify-bucket': 'FreshnessNotifyServiceRole',
  'find-distribution': 'FreshnessSiteFindServiceRole',
};

const ROLES: Readonly<Record<string, string>> = {
  'collect-changes': 'AutoInvalidationCollectServiceRole',
  invalidate: 'AutoInvalidationInvalidateServiceRole',
  'verify-edge': 'AutoInvalidationVerifyServiceRole',
  'report-refresh': 'AutoInvalidationReportServiceRole',
  'watch-distributions': 'AutoInvalidationSiteWatchServiceRole',
  'send-mail': 'MailSendServiceRole',
  'register-sender': 'SesSendersRegisterServiceRole',
  students: 'ApiStudentsServiceRole',
  refreshes: 'RefreshApiRefreshesServiceRole',
  backup: 'RecordsBackupServiceRole',
};

describe('infra/README.md lists exactly', () => {
  it.each(Object.entries(ROLES))('what %s may do', (name, role) => {
    const granted = permissionsOf(synthesised(), role).flatMap(({ Action }) => Action);
    expect(documentedActions(name)).toEqual(new Set(granted));
  });

  it.each(Object.entries(ATTACHING))('what %s may do', (name, role) => {
    const granted = permissionsOf(synthesised('AutoInvalidation'), role).flatMap(({ Action }) => Action);
    expect(documentedActions(name)).toEqual(new Set(granted));
  });

  it('the functions with a role', () => {
    const named = rowsUnder(INFRA, 'Permissions').map(([name = '']) => name.replaceAll('`', ''));
    const functions = [...Object.keys(ROLES), ...Object.keys(ATTACHING), 'the state machine'];
    expect(new Set(named.filter(name => name !== ''))).toEqual(new Set(functions));
  });

  it.each([
    ['example', 'The example stack', Settings],
    ['attached', 'The attached stack', AttachmentSettings],
  ] as const)('the settings of the %s stack', (_, heading, settings) => {
    const named = [heading, 'Settings of both stacks'].flatMap(title =>
      rowsUnder(INFRA, title).flatMap(([names = '']) => codeIn(names)),
    );
    expect(new Set(named)).toEqual(new Set(Object.keys(settings.shape)));
  });

  it('the default of every setting of the example, in words where the code has none', () => {
    const { notifyEmail: _, ...defaults } = Settings.parse({ notifyEmail: 'owner@my-school.example' });
    const documented = ['The example stack', 'Settings of both stacks'].flatMap(title =>
      rowsUnder(INFRA, title).flatMap(([names = '', values = '']) => {
        const each = values.split(', ').map(value => value.replaceAll(/`|(?<=\d),(?=\d{3})/g, ''));
        return codeIn(names).map((name, index) => [name, each[index] ?? each[0]]);
      }),
    );
    const byName = Object.fromEntries(documented);
    const inWords = Object.keys(Settings.shape).filter(name => !(name in defaults));
    for (const name of inWords) expect(byName[name]).toMatch(WORDS_FOR_NO_DEFAULT);
    expect(byName).toMatchObject(
      Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, String(value)])),
    );
    expect(inWords.length + Object.keys(defaults).length).toBe(documented.length);
  });
});

describe.each(['README.md', 'infra/README.md'])('The deployment of the example in %s', name => {
  const commands = commandsIn(documentNamed(name).text)
    .map(({ command }) => command)
    .filter(command => /^npx cdk deploy(?! AutoInvalidation)/.test(command));
  const options = Object.fromEntries(
    commands.flatMap(command =>
      [...command.matchAll(/ -c (\w+)=(\S+)/g)].map(([, key, value]) => [key, value]),
    ),
  );
  const template = templateWith({ notifyEmail: undefined, ...options });
  const given = Object.values(options).map(String);

  it('is one command', () => expect(commands).toHaveLength(1));

  it('leaves no name to a default that another deployment may have taken', () => {
    expect(namesOthersMayHave(template, 'StudentSite', given)).toEqual([]);
  });

  it('mails from and to its own addresses alone', () => {
    const addresses = JSON.stringify(template).match(/[\w.-]+@[\w-]+\.[\w.-]+/g) ?? [];
    expect(new Set(addresses)).toEqual(new Set(given));
  });
});

/** A row without a name goes on with the function above it. */
function documentedActions(name: string): Set<string> {
  let current = '';
  return new Set(
    rowsUnder(INFRA, 'Permissions').flatMap(([first = '', actions = '']) => {
      if (first !== '') current = first.replaceAll('`', '');
      return current === name ? codeIn(actions) : [];
    }),
  );
}

describe('README.md', () => {
  const readme = documentNamed('README.md');

  it('is a landing page of at most 180 lines', () => {
    expect(readme.text.split('\n').length).toBeLessThanOrEqual(181);
  });

  it('says where every folder is', () => {
    const named = rowsUnder(readme, 'Where things live').flatMap(([folder = '']) => codeIn(folder));
    expect(named).toEqual(expect.arrayContaining(['handlers/', 'shared/', 'infra/', 'web/', 'tests/']));
    expect(named.filter(folder => !existsSync(join(ROOT, folder)))).toEqual([]);
  });

  it('has the licence of package.json', () => {
    const { license } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(readFileSync(join(ROOT, 'LICENSE'), 'utf8')).toContain(`${license} License`);
  });
});

it.each(documents())('$name links only to files and headings that exist', document => {
  expect(linksOf(document).filter(link => !leadsSomewhere(document, link))).toEqual([]);
});

/** Decisions are never edited, so they may name files that have moved since. */
const CURRENT = documents().filter(({ name }) => name !== 'DECISIONS.md');

it.each(CURRENT)('$name names only files that exist', ({ text }) => {
  const paths = codeIn(text).filter(code => /^(?:handlers|infra|shared|tests|web)\/[\w./-]+$/.test(code));
  expect(paths.filter(path => !existsSync(join(ROOT, path)))).toEqual([]);
});

/** Targets of the links and pictures inside the repository. */
function linksOf({ text }: Document): string[] {
  const prose = text.replaceAll(/^```.*?^```$/gms, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .flatMap(([, target]) => target ?? [])
    .filter(target => !target.includes(':'));
}

function leadsSomewhere({ name, text }: Document, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? undefined : join(ROOT, dirname(name), file);
  if (path !== undefined && !existsSync(path)) return false;
  if (anchor === undefined) return true;
  const target = path === undefined ? text : readFileSync(path, 'utf8');
  return headingsOf(target).includes(anchor);
}

/** The anchors that GitHub gives to headings. */
function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
