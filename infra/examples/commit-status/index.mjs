// The SDK comes with Lambda's runtime.
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** GitHub's word for each outcome. */
const STATES = { fresh: 'success', unasked: 'success', failed: 'failure' };
const WORDS = { unasked: 'Not verified', failed: 'Failed' };

/**
 * Sets the status `edge` of the commit that the bucket shows.
 *
 * @throws Error for anything but success, so that Lambda tries again
 */
export async function handler({ detail }) {
  const { BUCKET, TOKEN, REPOSITORY } = process.env;
  const [object, { SecretString }] = await Promise.all([
    new S3Client().send(new GetObjectCommand({ Bucket: BUCKET, Key: 'commit.txt' })),
    new SecretsManagerClient().send(new GetSecretValueCommand({ SecretId: TOKEN })),
  ]);
  const commit = (await object.Body.transformToString()).trim();
  const reason = detail.reason?.message;
  const description =
    reason === undefined ? `Fresh after ${detail.seconds} s` : `${WORDS[detail.outcome]}: ${reason}`;
  const response = await fetch(`https://api.github.com/repos/${REPOSITORY}/statuses/${commit}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${SecretString}`, accept: 'application/vnd.github+json' },
    body: JSON.stringify({
      state: STATES[detail.outcome],
      context: 'edge',
      description: description.slice(0, 140),
    }),
  });
  if (!response.ok) throw new Error(`GitHub answers ${response.status}`);
}
