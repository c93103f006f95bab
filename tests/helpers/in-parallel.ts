const PARALLEL_CALLS = 64;
/** Runs so many at once that the machine is busy and no time-out is near. */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const remaining = items.values();
  const worker = async () => {
    for (const item of remaining) await work(item);
  };
  await Promise.all(Array.from({ length: PARALLEL_CALLS }, worker));
}
