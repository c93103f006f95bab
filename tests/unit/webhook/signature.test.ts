import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { signedHeaders } from '../../../shared/webhook/signature.ts';

const CONTENT = {
  id: 'msg_loFOjxBNrRLzqYUf',
  timestamp: 1_731_705_121,
  body: '{"event_type":"ping","data":{"success":true}}',
};
const SECRET = 'whsec_plJ3nmyCDGBKInavdOK15jsl';

/** What a receiver's library says, some seconds later. */
const verified = (secret: string, body: string, headers: Record<string, string>) =>
  new Webhook(secret, secret.startsWith('whsec_') ? {} : { format: 'raw' }).verify(body, headers);

describe('The signature of a webhook', () => {
  it('is the one of the specification’s example', () => {
    expect(signedHeaders(CONTENT, SECRET)).toEqual({
      'webhook-id': 'msg_loFOjxBNrRLzqYUf',
      'webhook-timestamp': '1731705121',
      'webhook-signature': 'v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=',
    });
  });

  describe.each([SECRET, 'any other string'])('by the secret %s', secret => {
    const now = { ...CONTENT, timestamp: Math.floor(Date.now() / 1000), body: '{"key":"ä ✓"}' };
    const headers = signedHeaders(now, secret);

    it('satisfies the library that receivers use', () => {
      expect(verified(secret, now.body, headers)).toEqual({ key: 'ä ✓' });
    });

    it.each([
      ['another body', now.body.replace('ä', 'a'), headers],
      ['another id', now.body, { ...headers, 'webhook-id': 'other' }],
      ['a later time stamp', now.body, { ...headers, 'webhook-timestamp': String(now.timestamp + 1) }],
      ['another secret', now.body, signedHeaders(now, 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')],
      ['a time long ago', now.body, signedHeaders({ ...now, timestamp: now.timestamp - 3600 }, secret)],
    ])('does not satisfy it with %s', (_, body, signed) => {
      expect(() => verified(secret, body, signed)).toThrow();
    });
  });
});
