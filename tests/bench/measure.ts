import { existsSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

/** How long the work took, in milliseconds. */
export async function measure(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/**
 * The most memory this process has had, in MiB. On Linux not from `resourceUsage`, whose peak a
 * process inherits from the one that started it.
 */
export function peakMemory(): number {
  const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : '';
  const kibi = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS;
  return Number(kibi) / 1024;
}
