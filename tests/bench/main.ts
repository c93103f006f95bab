import { arch, cpus, platform } from 'node:os';
import { parseArgs } from 'node:util';
import { benchBackup } from './backup.ts';
import { benchBundles } from './bundles.ts';
import { benchCost } from './cost.ts';
import { benchLoneUpload } from './lone-upload.ts';
import { benchPlanner } from './planner.ts';
import { benchPlannerSites } from './planner-sites.ts';
import { benchPlannerSpeed } from './planner-speed.ts';
import { type Print, writeReport } from './report.ts';
import { benchSoak } from './soak.ts';

/** Of the soak: `--uploads N`, `--minutes M`. */
interface Options {
  readonly uploads: number;
  /** It ends early after so long. */
  readonly minutes: number;
}

/** Each prints its own figures, always beside a baseline measured in the same run; BENCHMARKS.md keeps the last ones. */
const BENCHES: Readonly<Record<string, (print: Print, options: Options) => Promise<void>>> = {
  planner: benchPlanner,
  'planner-sites': benchPlannerSites,
  'planner-speed': benchPlannerSpeed,
  'lone-upload': benchLoneUpload,
  backup: benchBackup,
  bundles: benchBundles,
  cost: benchCost,
  soak: (print, { uploads, minutes }) => benchSoak(print, uploads, minutes),
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    uploads: { type: 'string', default: '100000' },
    minutes: { type: 'string', default: '20' },
  },
});
const options: Options = { uploads: Number(values.uploads), minutes: Number(values.minutes) };
const unknown = positionals.filter(name => !(name in BENCHES));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}. There are: ${Object.keys(BENCHES).join(', ')}`);
  process.exit(1);
}
const today = new Date().toISOString().slice(0, 10);
const machine = `Node ${process.version}, ${platform()} ${arch()}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown CPU'}`;
for (const [name, bench] of Object.entries(BENCHES)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  console.log(`# ${name}`);
  const lines: string[] = [];
  const print: Print = line => {
    console.log(line);
    lines.push(line);
  };
  print(`${today}, ${machine}\n`);
  await bench(print, options);
  await writeReport(name, lines.join('\n'));
}
