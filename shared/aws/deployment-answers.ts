import type { ResourceResponse } from '../deployment/custom-resource.ts';

/**
 * Puts an answer where CloudFormation waits for it: at a presigned URL of S3, signed without a
 * content type.
 * @throws Error if it is refused; Lambda then calls the function again
 */
export async function sendAnswer(responseUrl: string, answer: ResourceResponse): Promise<void> {
  const { ok, status } = await fetch(responseUrl, {
    method: 'PUT',
    headers: { 'content-type': '' },
    body: JSON.stringify(answer),
  });
  if (!ok) throw new Error(`CloudFormation's response URL answered ${status}`);
}
