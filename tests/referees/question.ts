/** One of the two that are asked the same. */
export interface Asked {
  readonly endpoint: string;
  readonly bucket: string;
  readonly distributionId: string;
}

export const inOrder = (names: Iterable<string>) => [...names].sort((a, b) => (a < b ? -1 : 1));

/** What both must answer alike: what is left of an answer without ids, times and addresses. */
export interface Question {
  readonly asked: string;
  readonly ask: (asked: Asked) => Promise<unknown>;
}
