import { describe, expect, it } from 'vitest';
import {
  exceptionFor,
  installedPackages,
  licenceProblems,
  readJson,
  unpinned,
} from '../../infra/licences.ts';
import { notPermissive, packageOf, pageScripts } from '../helpers/bundles.ts';

const packages = installedPackages(readJson('package-lock.json'));

describe('Dependencies', () => {
  it('are pinned to one exact version each', () => {
    expect(unpinned(readJson('package.json'))).toEqual([]);
  });

  it('are all under permissive licences, or excepted for a reason', () => {
    expect(packages.length).toBeGreaterThan(0);
    expect(licenceProblems(packages)).toEqual([]);
  });

  it("that the page's scripts hold are permissive without exception", async () => {
    const files = (await pageScripts()).flatMap(script => [...script.files.keys()]);
    expect(files.map(packageOf)).toContain('zod');
    expect(notPermissive(files)).toEqual([]);
  });
});

describe('The check of dependencies', () => {
  it.each(['^1.2.3', '~1.2.3', '1.2', '*', 'latest', 'github:somebody/something', '>=1.0.0'])(
    'names a package requested as %s',
    version => {
      expect(unpinned({ devDependencies: { some: version, other: '1.2.3-beta.1' } })).toEqual([
        `some is asked for as ${version}: write one exact version in package.json`,
      ]);
    },
  );

  it.each(['GPL-3.0-only', 'MIT AND GPL-3.0-only', 'SEE LICENSE IN LICENSE.md', undefined])(
    'names a package under %s',
    licence => {
      const [problem] = licenceProblems([{ name: 'some', version: '1.0.0', licence }]);
      expect(problem).toContain(`some 1.0.0 is under ${licence ?? 'no licence'}: take another package`);
    },
  );

  it.each(['MIT', '(MIT OR GPL-3.0-or-later)', 'MIT AND ISC'])('lets a package under %s pass', licence => {
    expect(licenceProblems([{ name: 'some', version: '1.0.0', licence }])).toEqual([]);
  });

  it('knows an exception by name and licence, not by one of them', () => {
    const font = { name: '@fontsource/poppins', version: '5.3.0', licence: 'OFL-1.1' };
    expect(exceptionFor(font)).toContain('font');
    expect(
      licenceProblems([
        { ...font, licence: 'GPL-3.0-only' },
        { ...font, name: 'some' },
      ]),
    ).toHaveLength(2);
  });
});
