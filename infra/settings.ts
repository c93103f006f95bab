import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Bucket names are global: S3 rules for what a name may be. */
const bucketName = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be a valid S3 bucket name');

/** SES takes so many recipients of one mail. */
const MAX_RECIPIENTS = 50;

function isAddressList(text: string): boolean {
  const addresses = text.split(',').map(address => address.trim());
  return (
    addresses.length <= MAX_RECIPIENTS && addresses.every(address => z.email().safeParse(address).success)
  );
}

/** A number in `cdk.json`, or text on the command line, where nothing is not 0. */
const amount = z.union([z.number(), z.string().trim().min(1).transform(Number)]).pipe(z.number().min(0));

/**
 * What a deployment may choose, in `cdk.json` or by `-c name=value`. The defaults are the school's own names.
 */
export const Settings = z.object({
  siteBucketName: bucketName.default('student-management-website-2025'),
  logBucketName: bucketName.default('student-web-logs-20250706'),
  backupBucketName: bucketName.default('student-backup-20250706'),
  studentTableName: z
    .string()
    .regex(/^[\w.-]{3,255}$/, 'must be a valid DynamoDB table name')
    .default('studentData'),
  /** `oac`, AWS's successor, or `oai` for accounts that still use it. */
  originAccess: z.enum(['oac', 'oai']).default('oac'),
  /** Sender of every mail; SES must have verified it. */
  mailFrom: z.email().default('student-site@example.com'),
  /** Who gets the reports about refreshes; several addresses with commas between them. */
  notifyEmail: z
    .string()
    .refine(isAddressList, `must be 1 to ${MAX_RECIPIENTS} e-mail addresses with commas between them`)
    .default('site-owner@example.com'),
  /** Whether a refresh that went well is mailed too; a failed one always is. */
  mailWhen: z.enum(['always', 'failed']).default('always'),
  /** Uploads are over when nothing came for so long. */
  quietSeconds: z.coerce.number().int().min(1).max(60).default(2),
  /** Looks at the generation before a refresh closes although uploads go on. */
  maxLooks: z.coerce.number().int().min(1).max(1000).default(30),
  /** Messages per invocation of collect-changes. Above 10 a batching window is obligatory. */
  batchSize: z.coerce.number().int().min(1).max(10_000).default(10),
  /** How long a batch may fill, 0 to start at once. With a window a lone upload may wait up to 20 s. */
  batchWindowSeconds: z.coerce.number().int().min(0).max(300).default(0),
  /** What AWS charges for a path beyond the free ones, and what it is worth not to purge one unchanged object. */
  pathPriceUsd: amount.default(0.005),
  refetchPriceUsd: amount.default(0.0001),
  /** AWS gives each account 1,000, for all its distributions together: lower it if others use some. */
  freePathsPerMonth: amount.pipe(z.number().int()).default(1000),
  /** So many unchanged objects one refresh may purge to save money. */
  maxNeedlessPurges: amount.pipe(z.number().int()).default(5000),
  /** Whether the site also shows `page.html` as `/page`. */
  extensionlessUrls: z
    .union([z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'] })])
    .default(false),
  /** Minutes after CloudFront's first refusal from which one `/*` is asked for instead of the best paths. */
  quotaPatienceMinutes: amount.pipe(z.number().int()).default(60),
  /** Paths a day that may be refreshed by hand, with the page or the API: whoever can open the site can ask. */
  manualPathsPerDay: amount.pipe(z.number().int()).default(500),
  /** Requests per second that the API key allows, and how many of them may come at once. */
  apiRatePerSecond: z.coerce.number().min(1).max(10_000).default(20),
  apiBurst: z.coerce.number().int().min(1).max(5000).default(40),
  /** Everybody who uses the page shares the key, and so this quota. */
  apiRequestsPerDay: z.coerce.number().int().min(1).default(10_000),
});
export type Settings = z.infer<typeof Settings>;

/**
 * @param contextOf the value of a name, undefined for the default
 * @throws Error naming every context value that is wrong
 */
export function readSettings(contextOf: (name: string) => unknown): Settings {
  const context = Object.fromEntries(
    Object.keys(Settings.shape).map(name => [name, contextOf(name) ?? undefined]),
  );
  const parsed = Settings.safeParse(context);
  if (parsed.success) return parsed.data;
  throw new Error(`Check cdk.json and -c options:\n${z.prettifyError(parsed.error)}`);
}

const CdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** What a deployment without `-c` options is made with. */
export function readCdkJson(): Settings {
  const { context } = CdkJson.parse(
    JSON.parse(readFileSync(new URL('../cdk.json', import.meta.url), 'utf8')),
  );
  return readSettings(name => context[name]);
}
