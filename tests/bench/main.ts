import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { setup as synthesise } from '../helpers/synthesise.ts';
import { benchBackup } from './backup.ts';
import { benchLoneUpload } from './lone-upload.ts';

/** Each prints its own figures, always beside a baseline measured in the same run. */
const BENCHES: Readonly<Record<string, () => Promise<void>>> = {
  'lone-upload': benchLoneUpload,
  backup: benchBackup,
};

const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.filter(name => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. There are: ${Object.keys(BENCHES).join(', ')}`);
  process.exit(1);
}
console.log(
  `Node ${process.version}, ${platform()} ${arch()}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}\n`,
);
await synthesise();
for (const [name, bench] of Object.entries(BENCHES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.log(`# ${name}`);
  await bench();
}
