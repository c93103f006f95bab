import type { Node } from 'constructs';
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
  /** Above so many exact paths one `/*` is sent. */
  maxExactPaths: z.coerce.number().int().min(1).max(3000).default(50),
  /** Requests per second that the API key allows, and how many of them may come at once. */
  apiRatePerSecond: z.coerce.number().min(1).max(10_000).default(20),
  apiBurst: z.coerce.number().int().min(1).max(5000).default(40),
  /** Everybody who uses the page shares the key, and so this quota. */
  apiRequestsPerDay: z.coerce.number().int().min(1).default(10_000),
});
export type Settings = z.infer<typeof Settings>;

/** @throws Error naming every context value that is wrong */
export function readSettings(node: Node): Settings {
  const context = Object.fromEntries(
    Object.keys(Settings.shape).map(name => [name, node.tryGetContext(name) ?? undefined]),
  );
  const parsed = Settings.safeParse(context);
  if (parsed.success) return parsed.data;
  throw new Error(`Check cdk.json and -c options:\n${z.prettifyError(parsed.error)}`);
}
