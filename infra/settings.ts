import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { DEFAULTS, LARGEST_BATCH } from './constructs/pipeline/auto-invalidation-props.ts';

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

const notifyEmail = z
  .string()
  .refine(isAddressList, `must be 1 to ${MAX_RECIPIENTS} e-mail addresses with commas between them`);

/** On the command line a flag is a text. */
const flag = z.union([z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'] })]).default(false);

/** Texts with commas between them; none by default. */
const list = z
  .string()
  .default('')
  .transform(text =>
    text
      .split(',')
      .map(entry => entry.trim())
      .filter(entry => entry !== ''),
  );

/** How changes become invalidations: the options of the construct AutoInvalidation, where they are explained. */
const refreshSettings = {
  mailWhen: z.enum(['always', 'failed']).default(DEFAULTS.mailWhen),
  quietSeconds: z.coerce.number().int().min(1).max(60).default(DEFAULTS.quietSeconds),
  maxLooks: z.coerce.number().int().min(1).max(1000).default(DEFAULTS.maxLooks),
  batchSize: z.coerce
    .number()
    .int()
    .min(1)
    .max(
      LARGEST_BATCH,
      `must be at most ${LARGEST_BATCH}: DynamoDB takes 1,000 changes of a refresh a second`,
    )
    .default(DEFAULTS.batchSize),
  batchWindowSeconds: z.coerce.number().int().min(0).max(300).default(DEFAULTS.batchWindowSeconds),
  pathPriceUsd: amount.default(DEFAULTS.pathPriceUsd),
  refetchPriceUsd: amount.default(DEFAULTS.refetchPriceUsd),
  freePathsPerMonth: amount.pipe(z.number().int()).default(DEFAULTS.freePathsPerMonth),
  maxNeedlessPurges: amount.pipe(z.number().int()).default(DEFAULTS.maxNeedlessPurges),
  quotaPatienceMinutes: amount.pipe(z.number().int()).default(DEFAULTS.quotaPatienceMinutes),
  /** Whether the site also shows `page.html` as `/page`. */
  extensionlessUrls: flag,
};

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
  notifyEmail: notifyEmail.default('site-owner@example.com'),
  ...refreshSettings,
  /** Paths a day that may be refreshed by hand, with the page or the API: whoever can open the site can ask. */
  manualPathsPerDay: amount.pipe(z.number().int()).default(500),
  /** Requests per second that the API key allows, and how many of them may come at once. */
  apiRatePerSecond: z.coerce.number().min(1).max(10_000).default(20),
  apiBurst: z.coerce.number().int().min(1).max(5000).default(40),
  /** Everybody who uses the page shares the key, and so this quota. */
  apiRequestsPerDay: z.coerce.number().int().min(1).default(10_000),
});
export type Settings = z.infer<typeof Settings>;

/** What the stack AutoInvalidation is told of the site that there is already. */
export const AttachmentSettings = z.object({
  bucket: bucketName,
  distributionId: list.pipe(
    z
      .array(z.string().regex(/^E[A-Z0-9]{7,}$/, 'must be ids of distributions, such as E2EXAMPLE1ABCD'))
      .min(1, 'must name one distribution, or several with commas between them'),
  ),
  notifyEmail,
  /** SES must have verified it. The first address of notifyEmail, if there is none. */
  mailFrom: z.email().optional(),
  /** Whether SES knows the sender already, so that the stack must not add it. */
  mailFromExists: flag,
  /** The bucket's region: S3 notifies only queues in its own. */
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region of AWS')
    .default('us-east-1'),
  /** Another name for each site of an account. */
  stackName: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,50}$/, 'must be letters, digits and hyphens, 51 at most')
    .default('AutoInvalidation'),
  /** Only keys that begin with one of these belong to the site. */
  keyPrefixes: list,
  /** Patterns of keys that never matter, such as `*.map`. */
  excludedKeys: list,
  ...refreshSettings,
});
export type AttachmentSettings = z.infer<typeof AttachmentSettings>;

type ContextOf = (name: string) => unknown;

/**
 * @param contextOf the value of a name, undefined for the default
 * @throws Error naming every context value that is wrong
 */
export function readSettings(contextOf: ContextOf): Settings {
  return parse(Settings, contextOf);
}

/** @throws Error naming every context value that is missing or wrong */
export function readAttachmentSettings(contextOf: ContextOf): AttachmentSettings {
  return parse(AttachmentSettings, contextOf);
}

function parse<Shape extends z.ZodRawShape>(settings: z.ZodObject<Shape>, contextOf: ContextOf) {
  const context = Object.fromEntries(
    Object.keys(settings.shape).map(name => [name, contextOf(name) ?? undefined]),
  );
  const parsed = settings.safeParse(context);
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
