/**
 * Several sources as one, in the order in which their values arrive. Each source is one value ahead of the reader and
 * then waits: a slow reader holds back all of them.
 */
export async function* merge<Value>(sources: readonly AsyncIterable<Value>[]): AsyncGenerator<Value> {
  const advance = (iterator: AsyncIterator<Value>) => {
    const step = iterator.next().then(result => ({ iterator, result }));
    // It may fail while the reader is busy elsewhere; it is thrown when the reader comes back.
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
