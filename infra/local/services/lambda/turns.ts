/** A limit on how many may work at once; the others wait for their turn. */
export interface Turns {
  /** Resolves when it is the caller's turn. */
  take(): Promise<void>;
  /** Ends a turn: the next in line has it. */
  pass(): void;
  /** Rejects all who wait. */
  cancel(reason: Error): void;
}

export function createTurns(limit: number): Turns {
  const waiting: PromiseWithResolvers<void>[] = [];
  let taken = 0;
  return {
    async take() {
      if (taken < limit) {
        taken++;
        return;
      }
      const turn = Promise.withResolvers<void>();
      waiting.push(turn);
      await turn.promise;
    },
    pass() {
      const next = waiting.shift();
      if (next === undefined) taken--;
      else next.resolve();
    },
    cancel(reason) {
      for (const turn of waiting.splice(0)) turn.reject(reason);
    },
  };
}
