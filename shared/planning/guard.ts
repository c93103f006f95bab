import * as z from 'zod/mini';

/** What a limit on needless purges does to a plan. Only told if the cheapest plan exceeds it. */
export const Guard = z.object({
  /** `maxNeedlessPurges`. */
  limit: z.number(),
  /** Needless purges of the cheapest plan, as far as the site was listed. */
  withoutLimit: z.number(),
  /** How much more than the cheapest plan this one costs, in US dollars. */
  costUsd: z.number(),
  /**
   * No plan has fewer needless purges. Only if they are above the limit: then it does not count.
   */
  fewest: z.exactOptional(z.number()),
});
export type Guard = Readonly<z.infer<typeof Guard>>;

const money = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  maximumFractionDigits: 3,
});
const grouped = (count: number) => count.toLocaleString('en');

/** A limit on needless purges, what it costs or why it does not count. */
export function guardWords({ limit, fewest, withoutLimit, costUsd }: Guard): string {
  if (fewest !== undefined)
    return `${grouped(limit)} cannot be kept: any paths would make at least ${grouped(fewest)}`;
  return `${grouped(limit)} costs ${money.format(costUsd)}: the cheapest paths would make at least ${grouped(withoutLimit)}`;
}
