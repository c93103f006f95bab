export interface NumberRange {
  readonly least: number;
  readonly most: number;
  readonly whole: boolean;
}

interface NumberWithDefault extends NumberRange {
  readonly default: number;
}

const count = (least: number, most: number, standard: number): NumberWithDefault => ({
  least,
  most,
  whole: true,
  default: standard,
});

const price = (standard: number): NumberWithDefault => ({
  least: 0,
  most: Number.POSITIVE_INFINITY,
  whole: false,
  default: standard,
});

/** The longest that an execution of Step Functions may take is a year. */
const YEAR_IN_MINUTES = 365 * 24 * 60;

/**
 * Range and default of every number that a pipeline is told: for the construct and for `cdk.json`.
 * The command line reads it too, so nothing here may load the CDK.
 */
export const NUMBERS = {
  quietSeconds: count(1, 60, 2),
  maxLooks: count(1, 1000, 30),
  // All changes of a refresh lie in one partition of its table, which takes 1,000 writes a second.
  // What the most collectors hold at the same time, 24 times 500 changes, must be written before
  // they time out after half a minute.
  batchSize: count(1, 500, 10),
  // SQS allows no fewer than 2. A new account may run ten functions at once: five collectors leave
  // two for mails, and three for the page and the workflow.
  maxCollectors: count(2, 24, 5),
  // Lambda's own limit.
  batchWindowSeconds: count(0, 300, 0),
  pathPriceUsd: price(0.005),
  refetchPriceUsd: price(0.00001),
  freePathsPerMonth: count(0, 1_000_000_000, 1000),
  // Ten minutes of requests, fifty at once, would be 300,000.
  maxListRequests: count(0, 100_000, 2000),
  quotaPatienceMinutes: count(0, YEAR_IN_MINUTES, 60),
  watchMinutes: count(1, 24 * 60, 15),
} as const satisfies Readonly<Record<string, NumberWithDefault>>;

/** Range of a number that a pipeline may be told: without it there is no such limit. */
export const MAX_NEEDLESS_PURGES: NumberRange = { least: 0, most: 1_000_000_000, whole: true };

/** The same. A refresh needs one path at least. */
export const MAX_PATHS_PER_MONTH: NumberRange = { least: 1, most: 1_000_000_000, whole: true };

/** SES takes so many recipients of one mail. */
export const MAX_RECIPIENTS = 50;

/** SQS fills a larger batch than this only if Lambda may wait for it. */
export const LARGEST_BATCH_WITHOUT_WINDOW = 10;
