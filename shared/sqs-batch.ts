import * as z from 'zod/mini';

/** Messages of a queue as Lambda's poller hands them over: the part that is read. */
export const SqsBatch = z.object({
  Records: z.array(z.object({ messageId: z.string(), body: z.string() })),
});

/** Tells the poller which messages to leave in the queue. */
export interface SqsBatchAnswer {
  readonly batchItemFailures: { readonly itemIdentifier: string }[];
}
