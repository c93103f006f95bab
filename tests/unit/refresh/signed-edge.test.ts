import { describe, expect, it } from 'vitest';
import type { EdgeAnswer } from '../../../shared/refresh/edge-answer.ts';
import { signedEdge } from '../../../shared/refresh/signed-edge.ts';
import { describe as describeSite } from '../../../shared/sites/describe.ts';
import { BUCKET, behaviourOf, distributionOf } from '../../helpers/found-distributions.ts';

const SITE = describeSite(
  distributionOf({
    behaviours: [
      behaviourOf({ pathPattern: 'members/open/*' }),
      behaviourOf({ pathPattern: 'members/*', isSigned: true }),
      behaviourOf(),
    ],
  }),
  BUCKET,
);

const REFUSED: EdgeAnswer = {
  kind: 'unasked',
  code: 'forbidden',
  reason: 'd1.cloudfront.net answers 403',
  redirects: [],
};

/** What becomes of an answer to a URL. */
const answerAt = (requestPath: string, answer: EdgeAnswer) =>
  signedEdge({ host: 'd1.cloudfront.net', ask: async () => answer }, SITE).ask(requestPath, {
    form: 'browser',
    withBody: false,
  });

describe('An edge that refuses a URL', () => {
  it('says so where its behaviour wants signed URLs or cookies', async () => {
    expect(await answerAt('/members/a.txt', REFUSED)).toEqual({
      ...REFUSED,
      code: 'signed',
      reason: 'd1.cloudfront.net answers 403: viewers of members/* need signed URLs or cookies',
    });
  });

  it.each(['/a.txt', '/members/open/a.txt'])('is not taken to want them at %s', async path => {
    expect(await answerAt(path, REFUSED)).toEqual(REFUSED);
  });

  it.each<EdgeAnswer>([
    { kind: 'absent', redirects: [] },
    { kind: 'unasked', code: 'unauthorized', reason: 'd1.cloudfront.net answers 401', redirects: [] },
  ])('is not taken to want them if it answers %j', async answer => {
    expect(await answerAt('/members/a.txt', answer)).toEqual(answer);
  });
});
