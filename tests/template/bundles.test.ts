import { describe, expect, it } from 'vitest';
import { functionBundles, notPermissive, packageOf } from '../helpers/bundles.ts';
import { permissionsOf, textOf } from '../helpers/templates.ts';

/**
 * How many times as large a bundle may be as one that only imports and constructs the same AWS
 * clients.
 */
const HIGHEST_RATIO = 1.5;

interface Parts {
  /** Our own files, or folders of them. */
  readonly own: readonly string[];
  readonly packages: readonly string[];
}

/** What every function brings besides its AWS clients: settings, errors, logs, metrics. */
const EVERYWHERE: Parts = {
  own: [
    'shared/aws/',
    'shared/concurrently.ts',
    'shared/config.ts',
    'shared/errors.ts',
    'shared/expected-error.ts',
    'shared/metric-source.ts',
    'shared/observability.ts',
    'shared/parsed.ts',
  ],
  packages: [
    '@aws-lambda-powertools/commons',
    '@aws-lambda-powertools/logger',
    '@aws-lambda-powertools/metrics',
    '@middy/core',
    'zod',
  ],
};
const PIPELINE_MAILS = [
  'shared/edition/',
  'shared/mail/',
  'shared/planning/cap.ts',
  'shared/planning/guard.ts',
  'shared/refresh/deploy-mail.ts',
  'shared/refresh/deploy-report.ts',
  'shared/refresh/kept-error-pages.ts',
  'shared/refresh/listed-changes.ts',
  'shared/refresh/refresh-mail.ts',
  'shared/refresh/refresh-report.ts',
  'shared/refresh/unasked.ts',
  'shared/refresh/unasked-advice.ts',
  'shared/refresh/former-names.ts',
  'shared/refresh/outside-keys.ts',
  'shared/sqs-batch.ts',
];
const IDEMPOTENCY = ['@aws-lambda-powertools/idempotency', '@aws-lambda-powertools/jmespath'];

/** What a function needs that reads how distributions show the bucket, and keeps refreshes. */
const REFRESHING = ['shared/refresh/', 'shared/planning/', 'shared/sites/'];

const DEPLOYING: Parts = { own: ['shared/deployment/'], packages: [] };

/** What each function needs besides that. */
const PARTS: Readonly<Record<string, Parts>> = {
  'pipeline/collect-changes': {
    own: [...REFRESHING, 'shared/sqs-batch.ts'],
    packages: [],
  },
  'pipeline/find-distribution': { own: [...REFRESHING, 'shared/deployment/'], packages: [] },
  'pipeline/notify-bucket': DEPLOYING,
  'pipeline/register-sender': {
    own: ['shared/deployment/', 'shared/mail/sender.ts', 'shared/mail/email-address.ts'],
    packages: [],
  },
  'pipeline/invalidate': { own: REFRESHING, packages: [] },
  'pipeline/verify-edge': { own: REFRESHING, packages: [] },
  'pipeline/send-webhook': { own: ['shared/webhook/'], packages: [] },
  'pipeline/watch-distributions': { own: REFRESHING, packages: [] },
  'pipeline/report-refresh': { own: [...REFRESHING, 'shared/mail/mail.ts'], packages: [] },
  'pipeline/send-mail': { own: PIPELINE_MAILS, packages: IDEMPOTENCY },
  'pipeline/refreshes': {
    own: [...REFRESHING, 'shared/http/'],
    packages: ['@aws-lambda-powertools/event-handler'],
  },
  'school/send-mail': {
    own: [
      ...PIPELINE_MAILS,
      'shared/school/backup/backup-report.ts',
      'shared/school/students/student-confirmation.ts',
    ],
    packages: IDEMPOTENCY,
  },
  'school/backup': {
    own: ['shared/school/backup/', 'shared/school/aws/', 'shared/school/metric-source.ts'],
    packages: [],
  },
  'school/students': {
    own: [
      'shared/school/students/',
      'shared/school/aws/',
      'shared/school/refusal.ts',
      'shared/http/',
      'shared/school/backup/manifest.ts',
      'shared/school/backup/request-backup.ts',
      'shared/mail/email-address.ts',
    ],
    packages: [...IDEMPOTENCY, '@aws-lambda-powertools/event-handler'],
  },
};

/** What Lambda's poller does with the function's role. */
const POLLING = /^sqs:(?:ChangeMessageVisibility|DeleteMessage|GetQueue\w+|ReceiveMessage)$/;
/** Services whose client in the SDK has another name than their actions. */
const CLIENTS: Readonly<Record<string, string>> = {
  events: 'eventbridge',
  secretsmanager: 'secrets-manager',
  states: 'sfn',
  ses: 'sesv2',
};

/**
 * Clients whose permission comes with an option that these stacks do not use, or with polling: a
 * message that is to be tried again later is hidden for longer.
 */
const PERMITTED_OTHERWISE: Readonly<Record<string, readonly string[]>> = {
  'pipeline/send-webhook': ['@aws-sdk/client-sqs'],
  'pipeline/verify-edge': ['@aws-sdk/client-secrets-manager'],
};

const functions = await functionBundles();

describe.each(functions)('The bundle of $handler', ({ handler, template, resource, bundle, baseline }) => {
  const { own, packages } = PARTS[handler] ?? { own: [], packages: [] };
  const files = [...bundle.files.keys()];
  const packagesOf = (paths: Iterable<string>) => new Set([...paths].flatMap(path => packageOf(path) ?? []));

  it(`is at most ${HIGHEST_RATIO} times as large as its AWS clients alone`, () => {
    expect(bundle.code.length / baseline.code.length).toBeLessThanOrEqual(HIGHEST_RATIO);
  });

  it('holds nothing of ours that belongs to other functions', () => {
    const expected = [`handlers/${handler}.ts`, ...EVERYWHERE.own, ...own];
    const ours = files.filter(file => packageOf(file) === undefined);
    expect(ours.filter(file => !expected.some(part => file.startsWith(part)))).toEqual([]);
  });

  it('holds no package that the function has no use for', () => {
    const expected = packagesOf(baseline.files.keys()).union(new Set([...EVERYWHERE.packages, ...packages]));
    expect([...packagesOf(files).difference(expected)]).toEqual([]);
  });

  it('holds only packages whose licence asks for no more than its notice', () => {
    expect(notPermissive(files)).toEqual([]);
  });

  it('holds no AWS client for which its role has no permission', () => {
    const role = textOf(resource.properties['Role']).replace(/^<(.*)\.Arn>$/, '$1');
    const actions = permissionsOf(template, role).flatMap(({ Action }) => Action);
    const services = actions.filter(action => !POLLING.test(action)).map(action => action.replace(/:.*/, ''));
    const permitted = new Set(services.map(service => `@aws-sdk/client-${CLIENTS[service] ?? service}`));
    const clients = [...packagesOf(files)].filter(name => name.startsWith('@aws-sdk/client-'));
    const unused = clients.filter(name => !permitted.has(name));
    expect(unused).toEqual(PERMITTED_OTHERWISE[handler] ?? []);
  });

  it("holds neither zod's languages nor its JSON schemas, which only `zod/mini` leaves out", () => {
    expect(files.filter(file => /\/zod\/.*(?:classic|locales|json-schema)/.test(file))).toEqual([]);
  });
});
