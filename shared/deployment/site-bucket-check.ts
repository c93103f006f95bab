import { DeploymentRefusedError, LookupDeniedError } from '../errors.ts';

/** What S3 says about a bucket that an account names as its own. */
export type FoundBucket =
  | { readonly kind: 'here'; readonly keyOfKms?: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'elsewhere'; readonly region: string }
  /** It is another account's, or a policy keeps the caller from it. */
  | { readonly kind: 'denied' };

export interface Buckets {
  /** Where the caller is. */
  readonly region: () => Promise<string>;
  find(bucket: string, account: string): Promise<FoundBucket>;
  /**
   * Whether an object may be read, if there is one: `refused` if a policy denies it to the caller,
   * `denied` if no policy allows it, or none does yet.
   */
  reading(bucket: string, key: string): Promise<'allowed' | 'denied' | 'refused'>;
}

/** What the bucket of a site is expected to be. */
export interface ExpectedBucket {
  readonly bucket: string;
  /** The account that this is deployed to. */
  readonly account: string;
  /** The key of KMS that the functions may decrypt with; '' if there is none. */
  readonly bucketKeyArn: string;
}

/**
 * @throws DeploymentRefusedError with what to deploy instead
 * @throws LookupDeniedError if S3 denies looking; a new policy may not be in force yet
 */
export async function checkBucket(
  { bucket, account, bucketKeyArn }: ExpectedBucket,
  buckets: Buckets,
): Promise<void> {
  const found = await buckets.find(bucket, account);
  switch (found.kind) {
    case 'missing':
      throw new DeploymentRefusedError(
        `There is no bucket ${bucket}. To list yours: aws s3 ls. Then deploy again with -c bucket=NAME.`,
      );
    case 'elsewhere':
      throw new DeploymentRefusedError(
        `The bucket ${bucket} is in ${found.region}, and sends no events to ${await buckets.region()}. Deploy again with -c region=${found.region}, after: npx cdk bootstrap aws://${account}/${found.region}`,
      );
    case 'denied':
      throw new LookupDeniedError(
        `The bucket ${bucket} is not one of the account ${account}, or its policy denies this account. To look: aws s3api head-bucket --bucket ${bucket} --expected-bucket-owner ${account}`,
      );
    case 'here':
      requireKey(bucket, found.keyOfKms, bucketKeyArn);
  }
}

/**
 * @param folder what the distribution shows of the bucket, such as `docs/`
 * @param roles names of this deployment's roles, as a pattern
 * @throws DeploymentRefusedError if the bucket's policy denies it to everybody but CloudFront
 * @throws LookupDeniedError if S3 denies it for another reason
 */
export async function checkReading(
  {
    bucket,
    account,
    folder,
    roles,
  }: Omit<ExpectedBucket, 'bucketKeyArn'> & { folder: string; roles: string },
  buckets: Buckets,
): Promise<void> {
  const reading = await buckets.reading(bucket, `${folder}${NO_OBJECT}`);
  if (reading === 'refused') {
    throw new DeploymentRefusedError(
      `The policy of the bucket ${bucket} denies reading its objects, so nothing could be verified. Add to the Condition of its Deny: "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::${account}:role/${roles}"}. To see it: aws s3api get-bucket-policy --bucket ${bucket} --query Policy --output text`,
    );
  }
  if (reading === 'denied') throw new LookupDeniedError(`S3 denies reading objects of the bucket ${bucket}.`);
}

/** A key that no object has. Whoever may read and list objects is told that there is none. */
const NO_OBJECT = '.auto-invalidation/may-objects-be-read';

/**
 * The key that AWS manages for S3 lets the whole account decrypt; any other one only whoever a
 * policy names.
 */
function requireKey(bucket: string, key: string | undefined, bucketKeyArn: string): void {
  if (key === undefined || key.endsWith('alias/aws/s3') || isSameKey(key, bucketKeyArn)) return;
  const isArn = /^arn:[^:]+:kms:[^:]+:\d+:key\//.test(key);
  const toFind = ` To find it: aws kms describe-key --key-id ${key} --query KeyMetadata.Arn --output text`;
  throw new DeploymentRefusedError(
    `The bucket ${bucket} encrypts its objects with the KMS key ${key}, which the functions must be allowed to use. Deploy again with -c bucketKeyArn=${isArn ? key : `ARN.${toFind}`}`,
  );
}

/** S3 shows a key as it was written: as an ARN, an id or an alias. Its alias is taken on trust. */
function isSameKey(key: string, bucketKeyArn: string): boolean {
  if (bucketKeyArn === '') return false;
  return key === bucketKeyArn || bucketKeyArn.endsWith(`:key/${key}`) || key.includes('alias/');
}
