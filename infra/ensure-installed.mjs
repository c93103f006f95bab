// Runs before `npm start`, `npm test` and `npm run check`, on whatever Node the machine has:
// installs the pinned packages, Node 24 among them, unless they are there as package-lock.json
// says. The age of a file means nothing here. npm records what it installed as the last step of an
// install, so an interrupted one leaves no record.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';

const LOCK = 'package-lock.json';
const RECORD = 'node_modules/.package-lock.json';

const reason = whyNotInstalled();
if (reason !== undefined) {
  console.log(`Installing the pinned packages, because ${reason} (npm ci) …`);
  // npm removes the old packages one by one: a record of them would outlive some of them.
  rmSync(RECORD, { force: true });
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) fail('npm ci failed: see its message above. Check the network and try again.', status);
  const left = whyNotInstalled();
  if (left !== undefined)
    fail(`npm ci succeeded, but ${left}. Does npm's configuration leave something out?`);
}

/** Undefined if everything is there. */
function whyNotInstalled() {
  const [locked, installed] = [packagesIn(LOCK), packagesIn(RECORD)];
  if (locked === undefined) return `${LOCK} is missing or damaged`;
  if (installed === undefined) return 'no install has been completed';
  for (const [path, { version, integrity, optional, devOptional }] of Object.entries(locked)) {
    const found = installed[path];
    // For another kind of machine.
    if (found === undefined && (optional || devOptional)) continue;
    if (found?.version !== version || found.integrity !== integrity) return `${path} is not as locked`;
    if (versionIn(path) !== version) return `${path} is missing or damaged`;
  }
  // Put there by the install script of the package `node`.
  return existsSync('node_modules/.bin/node') ? undefined : 'node_modules/.bin/node is missing';
}

/** By their folders; without the project itself, which has none. */
function packagesIn(file) {
  const { '': _, ...packages } = contentOf(file)?.packages ?? {};
  return Object.keys(packages).length > 0 ? packages : undefined;
}

function versionIn(folder) {
  return contentOf(`${folder}/package.json`)?.version;
}

/** Undefined if the file is not there, or not all of it. */
function contentOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

function fail(message, status = 1) {
  console.error(message);
  process.exit(status ?? 1);
}
