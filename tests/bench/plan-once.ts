import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { planInvalidation } from '../../shared/planning/plan.ts';
import { PLANNING } from '../helpers/planning.ts';
import { peakMemory } from './measure.ts';

/**
 * Plans once for the keys in the files that are named, those that changed and the site's, each with
 * a page of them in a line. Prints three figures in MiB: the process's peak memory, what it was
 * before planning, and by how much the heap grew.
 */
const [, , changed = '', site = ''] = process.argv;
const [changedKeys, siteKeys] = [await readPages(changed), await readPages(site)];
globalThis.gc?.();
const [peakBefore, heapBefore] = [peakMemory(), heap()];
const plan = planInvalidation({ ...PLANNING, changedKeys, siteKeys, requestedPaths: [] });
const figures = [peakMemory(), peakBefore, heap() - heapBefore].map(mebi => mebi.toFixed(0));
// What was planned, and for what, must live until here.
console.log([...figures, plan.paths.length, siteKeys.length].join(' '));

/** Page by page, as the function gets them from S3. */
async function readPages(file: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of createInterface(createReadStream(file))) keys.push(...JSON.parse(page));
  return keys;
}

function heap(): number {
  return process.memoryUsage().heapUsed / 2 ** 20;
}
