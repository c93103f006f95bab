/** What a limit on needless purges does to a plan. Only told if the cheapest plan exceeds it. */
export interface Guard {
  /** `maxNeedlessPurges`. */
  readonly limit: number;
  /** The fewest needless purges of any plan. If they are above the limit, it does not count. */
  readonly fewest: number;
  /** Needless purges of the cheapest plan. */
  readonly withoutLimit: number;
  /** How much more than the cheapest plan this one costs, in US dollars. */
  readonly costUsd: number;
}

const money = new Intl.NumberFormat('en', {
  style: 'currency',
  currency: 'USD',
  maximumFractionDigits: 3,
});
const grouped = (count: number) => count.toLocaleString('en');

/** A limit on needless purges, what it costs or why it does not count. */
export function guardWords({ limit, fewest, withoutLimit, costUsd }: Guard): string {
  if (fewest > limit)
    return `${grouped(limit)} cannot be kept: any paths would make at least ${grouped(fewest)}`;
  return `${grouped(limit)} costs ${money.format(costUsd)}: the cheapest paths would make ${grouped(withoutLimit)}`;
}
