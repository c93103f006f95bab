import { z } from 'zod';
import cdkJson from '../cdk.json' with { type: 'json' };
import { toldUrlProblem } from '../shared/planning/told-urls.ts';
import { metadataNameProblem, USUALLY_IGNORED_METADATA } from '../shared/refresh/ignored-metadata.ts';
import {
  MAX_NEEDLESS_PURGES,
  MAX_PATHS_PER_MONTH,
  MAX_RECIPIENTS,
  NUMBERS,
  type NumberRange,
} from './constructs/pipeline/numbers.ts';
import { headerNameProblem, siteUrlProblem } from './constructs/pipeline/verification-rules.ts';
import { webhookUrlProblem } from './constructs/pipeline/webhook-url.ts';
import { SettingsError } from './settings-error.ts';

/** Names of buckets follow S3's rules, and no two buckets in the world have the same one. */
const NOT_A_BUCKET = 'must be a valid S3 bucket name';
const bucketName = z.string(NOT_A_BUCKET).regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, NOT_A_BUCKET);

/** A number in `cdk.json`, or a string on the command line, where an empty one is not 0. */
const amount = z.union([z.number(), z.string().trim().min(1).transform(Number)]).pipe(z.number().min(0));
const count = amount.pipe(z.number().int());

function inRange({ least, most, whole }: NumberRange) {
  const number = z.number().min(least).max(most);
  return amount.pipe(whole ? number.int() : number);
}

/** A number of the pipeline, in its range and with its default. */
function pipelineNumber(name: keyof typeof NUMBERS) {
  return inRange(NUMBERS[name]).default(NUMBERS[name].default);
}

const region = z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be an AWS region, such as eu-central-1');

/** On the command line a flag is a string. */
const switchable = z.union(
  [z.boolean(), z.stringbool({ truthy: ['true'], falsy: ['false'] })],
  'must be true or false',
);
const flag = switchable.default(false);

/** Strings with commas between them. */
const listOr = (standard: string) =>
  z
    .string()
    .default(standard)
    .transform(text =>
      text
        .split(',')
        .map(entry => entry.trim())
        .filter(entry => entry !== ''),
    );

/** None by default. */
const list = listOr('');

/** An empty one makes all metadata count. */
const ignoredMetadata = listOr(USUALLY_IGNORED_METADATA.join()).superRefine((names, { addIssue }) => {
  for (const name of names) {
    const problem = metadataNameProblem(name);
    if (problem !== undefined) addIssue({ code: 'custom', message: problem });
  }
});

/** Where each distribution is asked, with commas between them; if empty, at its own domain. */
const siteUrls = z
  .string()
  .default('')
  .transform(text => (text === '' ? [] : text.split(',').map(url => url.trim())))
  .superRefine((urls, { addIssue }) => {
    for (const url of urls) {
      const problem = url === '' ? undefined : siteUrlProblem(url);
      if (problem !== undefined) addIssue({ code: 'custom', message: problem });
    }
  });

const EXAMPLE_URLS = `-c urls='{"*.html": ["/$1"]}'`;

/** Further URLs by pattern of keys: an object in `cdk.json`, JSON on the command line. */
export const toldUrls = z
  .preprocess(
    value => (typeof value === 'string' ? parsedOr(value) : value),
    z.record(z.string(), z.array(z.string()), `must be JSON, such as ${EXAMPLE_URLS}`),
  )
  .superRefine((told, { addIssue }) => {
    for (const [keys, urls] of Object.entries(told))
      for (const url of urls) {
        const problem = toldUrlProblem(keys, url);
        if (problem !== undefined) addIssue({ code: 'custom', message: problem });
      }
  });

/** The value that JSON means; the text itself if it is no JSON. */
function parsedOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const webhookUrl = z.string().superRefine((url, { addIssue }) => {
  const problem = webhookUrlProblem(url);
  if (problem !== undefined) addIssue({ code: 'custom', message: problem });
});

/** `SECRET` or `SECRET:field`. An ARN has six colons before the secret's name, which has none. */
const NAMED_SECRET = '(?<secret>arn(?::[^:]*){5}:[^:]+|[^:]+)(?::(?<field>.+))?';

const HEADER = new RegExp(`^(?<header>[^=]*)=${NAMED_SECRET}$`);
const SECRET = new RegExp(`^${NAMED_SECRET}$`);

const webhookSecret = z
  .string()
  .regex(SECRET, 'must be the name of a secret, such as my-secret or my-secret:field')
  .transform(text => {
    const { secret = '', field } = SECRET.exec(text)?.groups ?? {};
    return { secret, ...(field === undefined ? {} : { field }) };
  });

/** `header=SECRET` or `header=SECRET:field`. */
const verificationHeader = z.string().transform((text, context) => {
  const { header = '', secret = '', field } = HEADER.exec(text)?.groups ?? {};
  const problem = secret === '' ? NO_HEADER(text) : headerNameProblem(header);
  if (problem === undefined) return { header, secret, ...(field === undefined ? {} : { field }) };
  context.addIssue({ code: 'custom', message: problem });
  return z.NEVER;
});

function requireOnce(headers: readonly { readonly header: string }[], context: z.RefinementCtx): void {
  const names = headers.map(({ header }) => header.toLowerCase());
  const repeated = names.find((name, index) => names.indexOf(name) < index);
  if (repeated !== undefined) context.addIssue({ code: 'custom', message: `names ${repeated} twice` });
}

const NO_HEADER = (text: string) =>
  `${JSON.stringify(text)} must be a header, = and the name of a secret, such as authorization=my-secret or authorization=my-secret:field`;

const addresses = z
  .array(z.email())
  .min(
    1,
    `must name who gets the mails, 1 to ${MAX_RECIPIENTS} addresses with commas between them: -c notifyEmail=owner@my-school.example`,
  )
  .max(MAX_RECIPIENTS);

/**
 * How changes become invalidations: the options of the construct AutoInvalidation, which explains
 * them.
 */
const refreshSettings = {
  mailWhen: z.enum(['always', 'failed']).default('always'),
  /** How the bucket's events come. */
  events: z.enum(['notifications', 'eventbridge']).default('notifications'),
  quietSeconds: pipelineNumber('quietSeconds'),
  maxLooks: pipelineNumber('maxLooks'),
  batchSize: pipelineNumber('batchSize'),
  batchWindowSeconds: pipelineNumber('batchWindowSeconds'),
  maxCollectors: pipelineNumber('maxCollectors'),
  pathPriceUsd: pipelineNumber('pathPriceUsd'),
  refetchPriceUsd: pipelineNumber('refetchPriceUsd'),
  freePathsPerMonth: pipelineNumber('freePathsPerMonth'),
  maxPathsPerMonth: inRange(MAX_PATHS_PER_MONTH).optional(),
  maxNeedlessPurges: inRange(MAX_NEEDLESS_PURGES).optional(),
  maxListRequests: pipelineNumber('maxListRequests'),
  quotaPatienceMinutes: pipelineNumber('quotaPatienceMinutes'),
  watchMinutes: pipelineNumber('watchMinutes'),
  /** Names of metadata that is no change, with commas between them. */
  ignoredMetadata,
  /** Whether the site also shows `page.html` as `/page`. */
  extensionlessUrls: flag,
  /** Further URLs of objects, by pattern of keys. JSON on the command line. */
  urls: toldUrls.optional(),
  /** The key of the object that a function shows at URLs that name no object. */
  spaFallback: z.string().min(1).optional(),
  /** Whether the edge is asked for what a refresh should have made fresh. */
  verify: switchable.default(true),
  /** Headers of each request to the edge, with the secrets that hold their values. */
  verificationHeaders: list.pipe(z.array(verificationHeader).superRefine(requireOnce)),
  /** Where the ends of refreshes are posted. */
  webhookUrl: webhookUrl.optional(),
  /** The secret that signs what is posted there. */
  webhookSecret: webhookSecret.optional(),
};
export type RefreshSettings = z.infer<ReturnType<typeof z.object<typeof refreshSettings>>>;

/**
 * What a deployment of the school's site may choose, in `cdk.json` or by `-c name=value`.
 * CloudFormation chooses the names that are not given: a fixed name is taken for everybody but the
 * first who deploys.
 */
export const Settings = z.object({
  siteBucketName: bucketName.optional(),
  logBucketName: bucketName.optional(),
  backupBucketName: bucketName.optional(),
  studentTableName: z
    .string()
    .regex(/^[\w.-]{3,255}$/, 'must be a valid DynamoDB table name')
    .optional(),
  /**
   * CloudWatch keeps an API's metrics under its name: two APIs of one name in a region share them.
   * By default the stack's name.
   */
  apiName: z.string().min(1).max(255).optional(),
  /**
   * Access and execution logs of the API. API Gateway writes them with a single role per account
   * and region, which all APIs there share: the deployment replaces it.
   */
  apiLogs: flag,
  /** `oai` is for accounts that still use AWS's former way. */
  originAccess: z.enum(['oac', 'oai']).default('oac'),
  /** Who gets the reports about refreshes: addresses with commas between them. */
  notifyEmail: list.pipe(addresses),
  /**
   * Sender of every mail. SES must have verified it, or its domain. By default the first address of
   * notifyEmail.
   */
  mailFrom: z.email().optional(),
  /** Region whose SES sends the mails. */
  mailRegion: region.default('us-east-1'),
  ...refreshSettings,
  /**
   * How many paths may be refreshed by hand in a day, with the page or the API. Whoever can open
   * the site can ask.
   */
  manualPathsPerDay: count.default(500),
  /** Requests per second that the API key allows, and how many may come at once. */
  apiRatePerSecond: z.coerce.number().min(1).max(10_000).default(20),
  apiBurst: z.coerce.number().int().min(1).max(5000).default(40),
  /** Everybody who uses the page shares the key, and with it this quota. */
  apiRequestsPerDay: z.coerce.number().int().min(1).default(10_000),
});
export type Settings = z.infer<typeof Settings>;

/** What the stack AutoInvalidation is told about the site that exists already. */
export const AttachmentSettings = z
  .object({
    bucket: bucketName,
    distributionId: list.pipe(
      z
        .array(
          z.string().regex(/^E[A-Z0-9]{7,}$/, 'must be the id of a distribution, such as E2EXAMPLE1ABCD'),
        )
        .min(1, 'must be the id of a distribution, or several with commas between them'),
    ),
    /**
     * Where the edge is asked, instead of the distribution's own domain: a URL for each
     * distribution, with commas between them.
     */
    url: siteUrls,
    /** The key of KMS that encrypts the bucket's objects, unless S3 or AWS manages it. */
    bucketKeyArn: z
      .string()
      .regex(
        /^arn:aws[\w-]*:kms:[\w-]+:\d{12}:key\/[\w-]+$/,
        'must be the ARN of a key, not of an alias: arn:aws:kms:REGION:ACCOUNT:key/ID',
      )
      .optional(),
    /** Who gets the reports about refreshes: addresses with commas between them. */
    notifyEmail: list.pipe(addresses),
    /**
     * Sender of every mail. SES must have verified it, or its domain. By default the first address
     * of notifyEmail.
     */
    mailFrom: z.email().optional(),
    /** Region whose SES sends the mails. By default the bucket's; some regions have no SES. */
    mailRegion: region.optional(),
    /** The bucket's region: S3 sends events only to queues in its own. */
    region: region.default('us-east-1'),
    /** Each site of an account needs another name. */
    stackName: z
      .string()
      .regex(/^[A-Za-z][A-Za-z0-9-]{0,50}$/, 'must be letters, digits and hyphens, 51 at most')
      .default('AutoInvalidation'),
    /** Only keys that begin with one of these belong to the site. */
    keyPrefixes: list,
    /** Patterns of keys that never matter, such as `*.map`. */
    excludedKeys: list,
    ...refreshSettings,
  })
  .superRefine(({ url, distributionId }, { addIssue }) => {
    if (url.length === 0 || url.length === distributionId.length) return;
    const message = `must be ${distributionId.length} URLs, one for each distributionId, not ${url.length}. An empty one stands for the distribution's own domain`;
    addIssue({ code: 'custom', path: ['url'], message });
  });
export type AttachmentSettings = z.infer<typeof AttachmentSettings>;

type ContextOf = (name: string) => unknown;

/**
 * @param contextOf returns a name's value, or undefined for the default
 * @throws SettingsError naming every context value that is wrong
 */
export function readSettings(contextOf: ContextOf): Settings {
  return parse(Settings, contextOf);
}

/** @throws SettingsError naming every context value that is missing or wrong */
export function readAttachmentSettings(contextOf: ContextOf): AttachmentSettings {
  return parse(AttachmentSettings, contextOf);
}

function parse<Shape extends z.ZodRawShape>(settings: z.ZodObject<Shape>, contextOf: ContextOf) {
  const context = Object.fromEntries(
    Object.keys(settings.shape).map(name => [name, contextOf(name) ?? undefined]),
  );
  const parsed = settings.safeParse(context);
  if (parsed.success) return parsed.data;
  throw new SettingsError(parsed.error);
}

/** How a deployment without `-c` options refreshes. */
export function readCdkJson(): RefreshSettings {
  return parse(z.object(refreshSettings), contextWith({}));
}

/** The context of a deployment: values of `-c` options, and of `cdk.json` for all other names. */
export function contextWith(options: Readonly<Record<string, string>>): ContextOf {
  const context: Readonly<Record<string, unknown>> = cdkJson.context;
  return name => options[name] ?? context[name];
}
