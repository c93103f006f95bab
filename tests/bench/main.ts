import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { synthesise } from '../helpers/synthesise.ts';
import { BENCHES } from './benches.ts';
import { type Print, writeReport } from './report.ts';
import type { SoakLimits } from './soak.ts';

const USAGE = `npm run bench -- [NAME …] [options]

Runs benches one after the other and puts their figures into BENCHMARKS.md; without a name, all of them.
There are: ${Object.keys(BENCHES).join(', ')}.
  --uploads N    of the soak, in all; default 100,000
  --minutes M    length of the soak at most; default 20`;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { uploads: { type: 'string' }, minutes: { type: 'string' }, help: { type: 'boolean' } },
});
const unknown = positionals.filter(name => !(name in BENCHES));
const names = positionals.length > 0 ? positionals : Object.keys(BENCHES);
const limits: SoakLimits = {
  ...(values.uploads === undefined ? {} : { uploads: Number(values.uploads) }),
  ...(values.minutes === undefined ? {} : { minutes: Number(values.minutes) }),
};

async function run(name: string): Promise<void> {
  console.log(`# ${name}`);
  const lines: string[] = [];
  const print: Print = line => {
    console.log(line);
    lines.push(line);
  };
  const startedAt = performance.now();
  await BENCHES[name]?.(print, 'whole', limits);
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const machine = `${platform()} ${arch()}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`;
  const conditions = `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${machine}; took ${seconds} s`;
  console.log(`${conditions}\n`);
  await writeReport(name, [conditions, '', ...lines].join('\n'));
}

if (values.help) console.log(USAGE);
else if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}\n\n${USAGE}`);
  process.exitCode = 1;
} else {
  await synthesise();
  for (const name of names) await run(name);
}
