// Runs before `npm start`, `npm test` and `npm run check`, on whatever Node the machine has: installs the pinned
// packages (Node 24 among them) when they are missing or older than the lock file. npm writes
// node_modules/.package-lock.json as the last step of an install, so a broken install is repeated.
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';

const modifiedAt = path => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NEGATIVE_INFINITY;

if (modifiedAt('node_modules/.package-lock.json') < modifiedAt('package-lock.json')) {
  console.log('Installing the pinned packages (npm ci) …');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) {
    console.error('npm ci failed: see its message above. Check the network and try again.');
    process.exit(status ?? 1);
  }
}
