import { confirmed, type Outcome, refuted } from '../finding.ts';
import type { Target } from './target.ts';

/** Whose credentials are used. */
export interface Caller {
  readonly account: string;
  readonly arn: string;
}

/** Names of AWS's and the SDK's errors about credentials that are missing or no longer valid. */
export const CREDENTIALS_REFUSED: readonly string[] = [
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
];

/** @param caller or why there is none */
export function judgeCredentials(caller: Caller | { readonly refusal: string }, target: Target): Outcome {
  if ('refusal' in caller) {
    return refuted(
      caller.refusal,
      `Sign in, and look who you are: ${target.commands.aws('sts get-caller-identity')}`,
    );
  }
  return confirmed(`${caller.arn}; the stack goes to the account ${caller.account}, ${target.region}`);
}

/**
 * What the synthesised templates ask for: `requiresBootstrapStackVersion` in their assembly's
 * manifest.
 */
export const BOOTSTRAP_VERSION = 6;

/** @param version of the bootstrap; undefined if there is none */
export function judgeBootstrap(
  version: number | undefined,
  account: string,
  { region, commands }: Target,
): Outcome {
  const bootstrap = commands.cdk(`bootstrap aws://${account}/${region}`);
  if (version === undefined) return refuted(`${account} in ${region} is not bootstrapped`, bootstrap);
  if (version < BOOTSTRAP_VERSION)
    return refuted(`version ${version} is too old: the templates need ${BOOTSTRAP_VERSION}`, bootstrap);
  return confirmed(`version ${version} in ${region}`);
}

export interface ExistingStack {
  /** `CREATE_COMPLETE` */
  readonly status: string;
  readonly outputs: ReadonlyMap<string, string>;
}

/** @param stack that has the name already */
export function judgeStack(stack: ExistingStack | undefined, target: Target): Outcome {
  const { stackName, commands } = target;
  if (stack === undefined) return confirmed(`${stackName} does not exist yet`);
  const { status } = stack;
  const what = `${stackName} is in the state ${status}`;
  const named = `--stack-name ${stackName}`;
  const wait = WAITS[status];
  if (wait !== undefined)
    return refuted(what, `Wait for its end: ${commands.aws(`cloudformation wait ${wait} ${named}`)}`);
  if (status === 'UPDATE_ROLLBACK_FAILED')
    return refuted(
      what,
      `Finish its rollback: ${commands.aws(`cloudformation continue-update-rollback ${named}`)}`,
    );
  if (NEVER_MADE.includes(status))
    return refuted(
      what,
      `Look what failed: ${commands.aws(`cloudformation describe-stack-events ${named}`)}\nThen delete it: ${commands.aws(`cloudformation delete-stack ${named}`)}`,
    );
  return judgeOwner(stack, target);
}

/** A stack that works, but may be somebody else's or another site's. */
function judgeOwner({ status, outputs }: ExistingStack, { stackName, site }: Target): Outcome {
  const choose = site === undefined ? 'Delete or rename that stack.' : 'Choose another: -c stackName=NAME';
  if (!outputs.has('RefreshTableName'))
    return refuted(`${stackName} is the name of a stack that is not of this project`, choose);
  const bucket = outputs.get('SiteBucketName');
  if (site !== undefined && bucket !== site.bucket)
    return refuted(
      `${stackName} refreshes the site in the bucket ${bucket}, and would leave it for ${site.bucket}`,
      `${choose}\nIf it is to leave the former bucket, deploy it as it is.`,
    );
  return confirmed(`${stackName} exists (${status}) and is updated`);
}

/** What to wait for while a stack changes, as the AWS CLI calls it. */
const WAITS: Readonly<Record<string, string>> = {
  CREATE_IN_PROGRESS: 'stack-create-complete',
  ROLLBACK_IN_PROGRESS: 'stack-rollback-complete',
  DELETE_IN_PROGRESS: 'stack-delete-complete',
  UPDATE_IN_PROGRESS: 'stack-update-complete',
  UPDATE_COMPLETE_CLEANUP_IN_PROGRESS: 'stack-update-complete',
  UPDATE_ROLLBACK_IN_PROGRESS: 'stack-rollback-complete',
  UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS: 'stack-rollback-complete',
  IMPORT_IN_PROGRESS: 'stack-import-complete',
  IMPORT_ROLLBACK_IN_PROGRESS: 'stack-rollback-complete',
};

/** Of stacks that were never made or not removed completely, and cannot be updated. */
const NEVER_MADE = [
  'REVIEW_IN_PROGRESS',
  'CREATE_FAILED',
  'ROLLBACK_COMPLETE',
  'ROLLBACK_FAILED',
  'DELETE_FAILED',
  'IMPORT_ROLLBACK_FAILED',
];

/**
 * Functions that run at the same time beside the collectors: two send mails, the others serve the
 * page and the workflow (infra/constructs/pipeline/numbers.ts).
 */
const BESIDE_COLLECTORS = 5;
/** SQS allows no fewer. */
const LEAST_COLLECTORS = 2;

/** @param unreserved executions at the same time that no function has reserved */
export function judgeConcurrency(
  { total, unreserved }: { readonly total: number; readonly unreserved: number },
  { maxCollectors, commands }: Target,
): Outcome {
  const limits = `${unreserved} of ${total} executions at the same time are left for ${maxCollectors} collectors, mails, page and workflow`;
  const possible = unreserved - BESIDE_COLLECTORS;
  if (possible >= maxCollectors) return confirmed(limits);
  const raise = commands.aws(
    'service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 1000',
  );
  return refuted(
    limits,
    possible < LEAST_COLLECTORS
      ? `Ask for more: ${raise}`
      : `Deploy with -c maxCollectors=${possible}, or ask for more: ${raise}`,
  );
}
