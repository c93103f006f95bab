import { readFileSync } from 'node:fs';

/** Licences that only require their notice to be kept: code under them may be deployed. */
const PERMISSIVE: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
]);

/** Packages under other licences. None deploys unless its reason says so. */
const EXCEPTIONS: readonly {
  readonly packages: RegExp;
  readonly licence: string;
  readonly reason: string;
}[] = [
  {
    packages: /^@cloud-copilot\/iam-/,
    licence: 'AGPL-3.0-or-later',
    reason: 'decides permissions in the local cloud, behind infra/local/kernel/permissions/simulate.ts',
  },
  {
    packages: /^lightningcss(?:-|$)/,
    licence: 'MPL-2.0',
    reason: 'minifies style sheets for Tailwind; its output is ours',
  },
  {
    packages: /^fast-sha256$/,
    licence: 'Unlicense',
    reason: 'part of the library of Standard Webhooks, which checks our signatures in tests',
  },
  { packages: /^axe-core$/, licence: 'MPL-2.0', reason: 'looks for barriers in the browser tests' },
  {
    packages: /^@fontsource\/poppins$/,
    licence: 'OFL-1.1',
    reason: "the page's font, published unchanged and with its licence beside it",
  },
];

/** A package in package-lock.json. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression; undefined if the package names none. */
  readonly licence: string | undefined;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly overrides?: Readonly<Record<string, string>>;
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly license?: string }>>;
}

/** Every package that `npm ci` may install, including those for other systems. */
export function installedPackages({ packages }: Lock): InstalledPackage[] {
  return Object.entries(packages).flatMap(([path, { version = '', license: licence }]) => {
    const [, name] = /.*node_modules\/(.+)$/.exec(path) ?? [];
    return name === undefined ? [] : [{ name, version, licence }];
  });
}

/** Whether one of the alternatives of a licence asks for no more than its notice. */
export function isPermissive(licence: string | undefined): boolean {
  const alternatives = (licence ?? '').replace(/^\((.*)\)$/, '$1').split(' OR ');
  return alternatives.some(each => each.split(' AND ').every(one => PERMISSIVE.has(one)));
}

/** Why a package may be used although its licence is not permissive. */
export function exceptionFor({ name, licence }: InstalledPackage): string | undefined {
  return EXCEPTIONS.find(each => each.licence === licence && each.packages.test(name))?.reason;
}

/** Packages that may not be used: a sentence each, with what to do. */
export function licenceProblems(packages: readonly InstalledPackage[]): string[] {
  return packages
    .filter(each => !isPermissive(each.licence) && exceptionFor(each) === undefined)
    .map(
      ({ name, version, licence = 'no licence' }) =>
        `${name} ${version} is under ${licence}: take another package, or add it with its reason to EXCEPTIONS in infra/licences.ts`,
    );
}

/** Dependencies that are not pinned to one exact version: a sentence each, with what to do. */
export function unpinned({ dependencies, devDependencies, overrides }: Manifest): string[] {
  return Object.entries({ ...dependencies, ...devDependencies, ...overrides })
    .filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))
    .map(([name, version]) => `${name} is asked for as ${version}: write one exact version in package.json`);
}

/** @throws Error when the file does not exist */
export function readJson<T extends Manifest | Lock>(file: 'package.json' | 'package-lock.json'): T {
  return JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'));
}

/** Prints what is installed, by licence. */
function main(): void {
  const packages = installedPackages(readJson<Lock>('package-lock.json'));
  const groups = Map.groupBy(packages, ({ licence = 'no licence' }) => licence);
  for (const [licence, members] of [...groups].sort(([a], [b]) => a.localeCompare(b))) {
    const names = [...new Set(members.map(({ name }) => name))];
    console.log(`${licence} (${names.length})`);
    const reasons = Map.groupBy(names, name => exceptionFor({ name, version: '', licence }));
    for (const [reason, same] of reasons)
      console.log(`  ${same.join(', ')}${reason === undefined ? '' : `: ${reason}`}`);
  }
}

if (import.meta.main) main();
