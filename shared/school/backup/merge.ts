/**
 * Merges several sources, in the order in which their values arrive. Each source reads one value
 * ahead and then waits, so a slow reader slows all of them down.
 */
export async function* merge<Value>(sources: readonly AsyncIterable<Value>[]): AsyncGenerator<Value> {
  const advance = (iterator: AsyncIterator<Value>) => {
    const step = iterator.next().then(result => ({ iterator, result }));
    // A source may fail while the reader is busy. The error is thrown once the reader comes back.
    step.catch(() => undefined);
    return step;
  };
  const steps = new Map(
    sources.map(source => source[Symbol.asyncIterator]()).map(iterator => [iterator, advance(iterator)]),
  );
  while (steps.size > 0) {
    const { iterator, result } = await Promise.race(steps.values());
    if (result.done === true) {
      steps.delete(iterator);
    } else {
      steps.set(iterator, advance(iterator));
      yield result.value;
    }
  }
}
