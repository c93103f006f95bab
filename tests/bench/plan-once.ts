import { readFileSync } from 'node:fs';
import { planInvalidation } from '../../shared/invalidation/plan.ts';
import { PLANNING } from '../helpers/planning.ts';
import type { Upload } from '../helpers/scenarios.ts';
import { peakMemory } from './measure.ts';

/**
 * Plans once for the upload in the file that is named, and prints three figures in MiB: the process's peak memory, what it
 * was before planning, and by how much the heap grew.
 */
const upload: Upload = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
globalThis.gc?.();
const [peakBefore, heapBefore] = [peakMemory(), heap()];
const plan = planInvalidation({ ...PLANNING, ...upload, requestedPaths: [] });
const figures = [peakMemory(), peakBefore, heap() - heapBefore].map(mebi => mebi.toFixed(0));
// What was planned, and for what, must live until here.
console.log([...figures, plan.paths.length, upload.siteKeys.length].join(' '));

function heap(): number {
  return process.memoryUsage().heapUsed / 2 ** 20;
}
