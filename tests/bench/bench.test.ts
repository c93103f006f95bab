import { expect, it } from 'vitest';
import { BENCHES } from './benches.ts';

/** What each report holds, whatever the figures. */
const SHAPES: Readonly<Record<string, readonly RegExp[]>> = {
  planner: [
    /^\| upload .*\| ours, free paths left \| ours, none left \|.*\| +optimum \|$/m,
    /^\| .* \(\d+ of \d+\) .*\d+\/\d+\/\d+ .*\d+ with \d+ \|$/m,
    /^Dollars for one deploy beyond the 1000 free paths:$/m,
    /^Dollars a month at 100 deploys/m,
  ],
  'planner-sites': [
    /^\*\*zod\*\* .*: \d+ keys changed, \d+ in the site\.$/m,
    /^\| ours, free paths left +\| +\d+ \|/m,
    /^\| ours, none left +\| +\d+ \|/m,
  ],
  'planner-guard': [
    /^\*\*zod\*\* .*: \d+ keys changed, \d+ in the site\.$/m,
    /^\| \/\* +\| +\d+ \|( +\d+(\.\d{3})? \|){3}$/m,
    /^Ours costs no more in ([1-9]\d*) of \1 comparisons\.$/m,
  ],
  'planner-speed': [
    /^\| keys +\| changed \| free paths \| paths \| plan, ms \| parse twice, ms \| +ratio \|$/m,
    /^\| flat numbers +\| +10 \| +1000 \|.* \d+\.\d\d \|$/m,
    /^\| keys +\| peak memory, MiB \| before planning \| heap grew by \|$/m,
    /^\| nothing +\| +\d+ \|/m,
  ],
  size: [
    /^\| site \| objects \| changed \| free paths \| requests \|.* to full knowledge \|/m,
    /^\| docs \| +5000 \| +3 \| +1000 \| +0 \|.* 1\.0000 \|/m,
    /^\| shop \| +5000 \| +50 \| +0 \| +[1-9]\d* \|.* 1\.0000 \|/m,
  ],
  'lone-upload': [
    /^upload → CreateInvalidation {2}median \d+ ms, slowest \d+ ms$/m,
    /^ratio \d+\.\d{3}; above the quiet period -?\d+ ms/m,
  ],
  backup: [
    /^backup +median \d+ ms, \d+ students\/s$/m,
    /^throughput ratio \d+\.\d{3}$/m,
    /^ +100 students {2}peak memory +\d+ MiB, heap +\d+ MiB; file +\d+ MiB in \d+ parts/m,
    /^50 students backed up and restored .*: equal, item by item; restored at \d+\.\d{3} of/m,
  ],
  bundles: [
    /^function +KiB +KiB gzipped +ms to initialise$/m,
    /^pipeline\/invalidate( +\d+ \/ \d+ = \d+\.\d\d){2} +\d+ \/ -?\d+ = -?\d+\.\d\d$/m,
    /^highest ratio \d+\.\d\d \(goal: at most 1\.5\)$/m,
    /^pipeline\/invalidate +@\S+ \d+, /m,
  ],
  cost: [
    /^\| SQS requests +\| +\d+ \|/m,
    /^\| Step Functions transitions +\| +[1-9]\d* \|/m,
    /^\| CloudFront paths +\| +[1-9]\d* \|/m,
    /^\| 3 files +\|( +\d+\.\d\d \|){3}$/m,
    /^\| DynamoDB index write units +\| +[1-9]\d* \|/m,
    /^\| KMS requests +\| +[1-9]\d* \|/m,
    /^\| API Gateway requests +\| +0\.00 \| +3\.50 \| +3\.50 \|$/m,
    /^\| together +\| +1\.00 \|( +[1-9]\d*\.\d\d \|){2}$/m,
    /^\| \d+ alarms, ten of them free +\|/m,
  ],
  soak: [
    /^\| uploads +\| heap MiB \|.*\| processes \|$/m,
    /^\| 12 +\| +\d+\.\d \|/m,
    /^throughput ratio \d+\.\d{3}$/m,
    /^12 uploads of 200 keys: each in one of \d+ refreshes that ended fresh/m,
  ],
};

it.each(Object.entries(BENCHES))('The bench %s still makes its report', async (name, bench) => {
  const lines: string[] = [];
  await bench(line => lines.push(line), 'smoke');
  const report = lines.join('\n');
  expect(SHAPES[name]).toBeDefined();
  for (const shape of SHAPES[name] ?? []) expect(report).toMatch(shape);
});
