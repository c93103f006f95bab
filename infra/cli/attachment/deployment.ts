import type { StackEvent } from '@aws-sdk/client-cloudformation';
import type { FoundBucket } from '../../../shared/deployment/site-bucket-check.ts';
import { CommandError } from '../command.ts';
import type { Attachment } from './assemble.ts';
import { ASSETS_BUCKET } from './assets-parameter.ts';

export interface FoundStack {
  readonly id: string;
  /** `CREATE_COMPLETE` */
  readonly status: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
}

/** A stack that change sets make. */
export interface StackChanges {
  look(): Promise<FoundStack | undefined>;
  /** Makes the change set. @returns whether it would change anything */
  prepare(wanted: {
    readonly type: 'CREATE' | 'UPDATE';
    readonly templateUrl: string;
    readonly parameters: Readonly<Record<string, string>>;
    readonly tags: Readonly<Record<string, string>>;
  }): Promise<'changes' | 'none'>;
  execute(): Promise<void>;
  remove(): Promise<void>;
  /** Waits until the stack no longer changes. @param since events before it are left out */
  follow(id: string, since: Date, onEvent: (event: StackEvent) => void): Promise<Ending>;
}

interface Ending {
  readonly status: string;
  /** The first resource that failed, with CloudFormation's reason. */
  readonly failure: string | undefined;
}

export interface AssetsBucket {
  readonly name: string;
  find(): Promise<FoundBucket>;
  create(): Promise<void>;
  put(key: string, content: Uint8Array | string): Promise<void>;
  /** @returns how many objects it has removed */
  empty(prefix: string): Promise<number>;
  /** @returns whether it was empty */
  removeIfEmpty(): Promise<boolean>;
}

export interface Place {
  readonly stackName: string;
  readonly region: string;
  readonly account: string;
}

export interface Parts {
  readonly stack: StackChanges;
  readonly bucket: AssetsBucket;
  /** Shows that something has begun. */
  readonly step: (text: string) => void;
}

type StackParts = Omit<Parts, 'bucket'>;

/** Tells the stacks of `attach` from others. */
const TAG = 'cloudfront-auto-invalidation';

/** The bucket that `attach` makes, and `detach` removes. */
export const ownBucketName = ({ account, region }: Place) => `${TAG}-${account}-${region}`;

/** Folder of a stack's assets in their bucket. */
export const prefixOf = ({ stackName }: Pick<Place, 'stackName'>) => `${TAG}/${stackName}/`;

/** States of a stack that was never made, or not removed completely. */
const TO_BE_REMOVED = ['CREATE_FAILED', 'ROLLBACK_COMPLETE', 'ROLLBACK_FAILED', 'DELETE_FAILED'];
/** The state of a stack that has only a change set. */
const NEVER_EXECUTED = 'REVIEW_IN_PROGRESS';
const UPDATABLE = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE'];

/** What of a deployment is looked at before it changes anything. */
export interface Checked {
  readonly found: FoundStack | undefined;
  readonly hasBucket: boolean;
}

/**
 * Looks whether the stack and the bucket can be used.
 *
 * @throws CommandError saying why they cannot
 */
export async function checkPlace(place: Place, siteBucket: string, parts: Parts): Promise<Checked> {
  const found = await parts.stack.look();
  requireOurs(found, place);
  const before = found?.outputs.get('SiteBucketName');
  if (before !== undefined && before !== siteBucket)
    throw new CommandError(
      `The stack ${place.stackName} is attached to the bucket ${before}. Choose another name by --stack, or detach it first.`,
    );
  return { found, hasBucket: await hasBucket(place, parts.bucket) };
}

function requireOurs(found: FoundStack | undefined, { stackName, region }: Place): void {
  if (found === undefined || found.status === NEVER_EXECUTED || found.tags.has(TAG)) return;
  throw new CommandError(
    `The stack ${stackName} in ${region} was not made by attach. Choose another name by --stack.`,
  );
}

async function hasBucket(place: Place, { name, find }: AssetsBucket): Promise<boolean> {
  const found = await find();
  switch (found.kind) {
    case 'here':
      return true;
    case 'missing':
      if (name === ownBucketName(place)) return false;
      throw new CommandError(
        `There is no bucket ${name} for the assets. Create it, or leave --assets-bucket out.`,
      );
    case 'elsewhere':
      throw new CommandError(
        `The bucket ${name} is in ${found.region}, and Lambda takes its code from ${place.region} alone. Name one of that region by --assets-bucket.`,
      );
    case 'denied':
      throw new CommandError(
        `The bucket ${name} belongs to another account, or these credentials lack the permission s3:ListBucket. Name one of yours by --assets-bucket.`,
      );
  }
}

/**
 * Deploys an attachment, whatever an earlier run has left.
 *
 * @returns whether anything has changed
 * @throws CommandError naming the resource that failed, and why
 */
export async function deploy(
  attachment: Attachment,
  { hasBucket: bucketExists }: Checked,
  place: Place,
  parts: Parts,
): Promise<'changes' | 'none'> {
  const { stack, bucket, step } = parts;
  const found = await settled(place, parts);
  if (!bucketExists) await bucket.create();
  step(`Uploading ${attachment.assets.length + 1} files to ${bucket.name}`);
  for (const { key, content } of attachment.assets) await bucket.put(key, content);
  const key = `${prefixOf(place)}template.json`;
  await bucket.put(key, attachment.template);
  step('Making a change set');
  const type = found === undefined || found.status === NEVER_EXECUTED ? 'CREATE' : 'UPDATE';
  const changes = await stack.prepare({
    type,
    templateUrl: `https://${bucket.name}.s3.${place.region}.amazonaws.com/${key}`,
    parameters: { [ASSETS_BUCKET]: bucket.name },
    tags: { [TAG]: 'attached' },
  });
  if (changes === 'none') return changes;
  const since = new Date();
  const { id = place.stackName } = (await stack.look()) ?? {};
  await stack.execute();
  const { status, failure } = await followed(id, since, parts);
  if (/^(CREATE|UPDATE)_COMPLETE$/.test(status)) return changes;
  throw new CommandError(
    `The stack ${place.stackName} could not be ${type === 'CREATE' ? 'created' : 'updated'} (${status}). ${failure ?? 'CloudFormation gives no reason.'}\nIt was rolled back. Mend what failed, and run attach again; detach takes away what is left.`,
  );
}

/** Waits for a change in progress, and removes what was never made. */
async function settled(place: Place, parts: Parts): Promise<FoundStack | undefined> {
  const found = await parts.stack.look();
  if (found === undefined || found.status === NEVER_EXECUTED || UPDATABLE.includes(found.status))
    return found;
  if (TO_BE_REMOVED.includes(found.status)) {
    await removeStack(found, place, parts);
    return undefined;
  }
  if (!found.status.endsWith('_IN_PROGRESS'))
    throw new CommandError(
      `The stack ${place.stackName} is in the state ${found.status}. Bring it to its end by aws cloudformation continue-update-rollback --stack-name ${place.stackName} --region ${place.region}, and run this again.`,
    );
  await waitFor(found, place, parts);
  return settled(place, parts);
}

/** Waits until CloudFormation has done what it is doing. */
async function waitFor({ id, status }: FoundStack, { stackName }: Place, parts: StackParts): Promise<void> {
  parts.step(`Waiting for ${stackName}: ${status}`);
  await followed(id, new Date(), parts);
}

async function removeStack({ id }: FoundStack, { stackName }: Place, parts: StackParts): Promise<void> {
  const since = new Date();
  await parts.stack.remove();
  const { status, failure } = await followed(id, since, parts);
  if (status !== 'DELETE_COMPLETE')
    throw new CommandError(
      `The stack ${stackName} could not be removed (${status}). ${failure ?? 'CloudFormation gives no reason.'}\nMend that, and run this again.`,
    );
}

const followed = (id: string, since: Date, { stack, step }: StackParts) =>
  stack.follow(id, since, ({ LogicalResourceId, ResourceStatus }) =>
    step(`${LogicalResourceId} ${ResourceStatus}`),
  );

/**
 * Takes an attachment away: its assets, the bucket if `attach` has made it and nobody else uses it,
 * and the stack, which goes last because it says where the others are.
 *
 * @throws CommandError if nothing is attached, or something cannot be removed
 */
export async function detach(
  place: Place,
  openBucket: (name: string) => AssetsBucket,
  parts: StackParts & { readonly namedBucket: string | undefined },
): Promise<void> {
  const found = await parts.stack.look();
  requireOurs(found, place);
  const own = ownBucketName(place);
  const name = parts.namedBucket ?? found?.parameters.get(ASSETS_BUCKET) ?? own;
  const bucket = openBucket(name);
  if (found?.status.endsWith('_IN_PROGRESS') && found.status !== NEVER_EXECUTED)
    await waitFor(found, place, parts);
  let hasRemoved = false;
  if ((await bucket.find()).kind === 'here') {
    parts.step(`Removing the assets from ${name}`);
    const assets = await bucket.empty(prefixOf(place));
    hasRemoved = (name === own && (await bucket.removeIfEmpty())) || assets > 0;
  }
  if (found === undefined && !hasRemoved)
    throw new CommandError(
      `There is no stack ${place.stackName} in ${place.region}: nothing is attached. Check --stack and --region.`,
    );
  if (found !== undefined && (await parts.stack.look()) !== undefined) await removeStack(found, place, parts);
}
