import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionCookie, sessionIn, userHeaderOf } from '../../../../shared/school/session/session-cookie.ts';
import type { CookieField, Signing } from '../../../../shared/school/session/signed-cookie.ts';
import {
  authentic,
  EIGHT_HOURS,
  flowFrom,
  hmac,
  KEYS,
  OFFICE,
  SIGNING,
  sessionFrom,
} from '../../../helpers/session-cookies.ts';

const NOW = 1_800_000_000;
const EMAIL = Buffer.from(OFFICE.email).toString('base64url');
const SESSION = { sub: OFFICE.sub, encodedEmail: EMAIL, issuedAt: NOW };

const read = (value: string, now = NOW, signing: Signing = SIGNING) => sessionIn({ value }, now, signing);

/** A session's parts with some of them changed; the MAC is right all the same. */
function cookieWith({
  version = 'v1',
  kid = KEYS.current.id,
  iat = NOW as number | string,
  exp = (NOW + EIGHT_HOURS) as number | string,
  fields = [OFFICE.sub, EMAIL],
  secret = KEYS.current.secret,
  purpose = 'session',
}) {
  return authentic([version, kid, iat, exp, ...fields], { secret, purpose });
}

describe('A session cookie', () => {
  it('is read as what was signed', () => {
    expect(read(sessionFrom(NOW))).toEqual(SESSION);
  });

  it('has the documented format', () => {
    expect(sessionFrom(NOW)).toBe(cookieWith({}));
    expect(sessionFrom(NOW)).toMatch(/^v1\.7\.1800000000\.1800028800\.[\w-]{36}\.[\w-]+\.[\w-]{43}$/);
  });

  it.each(['previous', 'current', 'next'] as const)('of the %s key is valid', generation => {
    const { id, secret } = KEYS[generation];
    expect(read(cookieWith({ kid: id, secret }))).toEqual(SESSION);
  });

  it('outlives one rotation and ends with the second after it', () => {
    const rotated = (current: number): Signing => ({
      hmac,
      keys: {
        previous: { id: String(current - 1), secret: `${current - 1}`.repeat(32) },
        current: { id: String(current), secret: `${current}`.repeat(32) },
        next: { id: String(current + 1), secret: `${current + 1}`.repeat(32) },
      },
    });
    const cookie = sessionCookie(OFFICE, NOW, rotated(3));
    expect([2, 3, 4, 5].map(current => read(cookie, NOW, rotated(current)) !== undefined)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  it.each([
    { when: 'issued 60 s ahead of this clock', now: NOW - 60, valid: true },
    { when: 'issued 61 s ahead of this clock', now: NOW - 61, valid: false },
    { when: 'in its last second', now: NOW + EIGHT_HOURS - 1, valid: true },
    { when: 'when it expires', now: NOW + EIGHT_HOURS, valid: false },
  ])('$when is valid: $valid', ({ now, valid }) => {
    expect(read(sessionFrom(NOW), now) !== undefined).toBe(valid);
  });

  it('tells the API who asks and since when', () => {
    expect(userHeaderOf(SESSION)).toBe(`${OFFICE.sub}.${EMAIL}.${NOW}`);
  });

  it('fits the longest address and id', () => {
    const email = `${'é'.repeat(121)}@${'d'.repeat(8)}.com`;
    const value = sessionCookie({ sub: 's'.repeat(128), email }, NOW, SIGNING);
    expect(value.length).toBeLessThanOrEqual(1024);
  });
});

const VALID = sessionFrom(NOW);

/** An authentic session of so many bytes. */
function ofLength(bytes: number): string {
  const rest = cookieWith({ fields: ['', EMAIL] }).length;
  return cookieWith({ fields: ['s'.repeat(bytes - rest), EMAIL] });
}

const REFUSED: readonly { what: string; cookie: CookieField | undefined }[] = [
  { what: 'nothing', cookie: undefined },
  { what: 'an empty cookie', cookie: { value: '' } },
  {
    what: 'two cookies of its name',
    cookie: { value: VALID, multiValue: [{ value: VALID }, { value: 'x' }] },
  },
  {
    what: 'the same cookie twice',
    cookie: { value: VALID, multiValue: [{ value: VALID }, { value: VALID }] },
  },
  { what: 'a list of one', cookie: { value: VALID, multiValue: [{ value: VALID }] } },
  { what: 'the MAC of a flow', cookie: { value: cookieWith({ purpose: 'flow' }) } },
  { what: 'a whole flow cookie', cookie: { value: flowFrom(NOW) } },
  { what: 'the MAC of no purpose', cookie: { value: cookieWith({ purpose: '' }) } },
  { what: 'a key of long ago', cookie: { value: cookieWith({ kid: '5', secret: 'x'.repeat(36) }) } },
  { what: "another key's id", cookie: { value: cookieWith({ kid: KEYS.next.id }) } },
  { what: 'the key __proto__', cookie: { value: cookieWith({ kid: '__proto__' }) } },
  { what: 'the key constructor', cookie: { value: cookieWith({ kid: 'constructor' }) } },
  { what: 'the key current', cookie: { value: cookieWith({ kid: 'current' }) } },
  { what: 'no key', cookie: { value: cookieWith({ kid: '' }) } },
  { what: 'another version', cookie: { value: cookieWith({ version: 'v2' }) } },
  { what: 'a version that ends like ours', cookie: { value: cookieWith({ version: 'xv1' }) } },
  { what: 'more than 8 h', cookie: { value: cookieWith({ exp: NOW + EIGHT_HOURS + 1 }) } },
  { what: 'an end before its start', cookie: { value: cookieWith({ exp: NOW - 1 }) } },
  { what: 'an end that is no number', cookie: { value: cookieWith({ exp: 'Infinity' }) } },
  { what: 'an end in hexadecimal', cookie: { value: cookieWith({ exp: '0x6b49d200' }) } },
  { what: 'an end in milliseconds', cookie: { value: cookieWith({ exp: (NOW + 60) * 1000 }) } },
  { what: 'a start that is no number', cookie: { value: cookieWith({ iat: 'NaN' }) } },
  { what: 'a negative start', cookie: { value: cookieWith({ iat: -NOW }) } },
  { what: 'no address', cookie: { value: cookieWith({ fields: [OFFICE.sub] }) } },
  { what: 'an empty address', cookie: { value: cookieWith({ fields: [OFFICE.sub, ''] }) } },
  { what: 'a field too many', cookie: { value: cookieWith({ fields: [OFFICE.sub, EMAIL, 'x'] }) } },
  {
    what: 'an address in plain text',
    cookie: { value: cookieWith({ fields: [OFFICE.sub, 'a@b.example'] }) },
  },
  {
    what: 'an end like plain text',
    cookie: { value: cookieWith({ fields: [OFFICE.sub, `${'a'.repeat(43)}@`] }) },
  },
  { what: 'a line break in the id', cookie: { value: cookieWith({ fields: ['a\r\nx-user: b', EMAIL] }) } },
  { what: 'more than 1,024 bytes', cookie: { value: ofLength(1025) } },
  { what: 'a space before it', cookie: { value: ` ${VALID}` } },
  { what: 'a line break after it', cookie: { value: `${VALID}\n` } },
  { what: 'quotes around it', cookie: { value: `"${VALID}"` } },
  { what: 'padding after it', cookie: { value: `${VALID}=` } },
  { what: 'no MAC', cookie: { value: VALID.replace(/\.[^.]+$/, '') } },
  { what: 'an empty MAC', cookie: { value: VALID.replace(/[^.]+$/, '') } },
  { what: 'a MAC of zeros', cookie: { value: VALID.replace(/[^.]+$/, 'A'.repeat(43)) } },
];

it('A session cookie may have 1,024 bytes', () => {
  expect(read(ofLength(1024))).toBeDefined();
});

describe('No session is', () => {
  it.each(REFUSED)('$what', ({ cookie }) => {
    expect(sessionIn(cookie, NOW, SIGNING)).toBeUndefined();
  });

  it('a cookie with any bit of any byte flipped', () => {
    for (let index = 0; index < VALID.length; index++) {
      for (let bit = 0; bit < 8; bit++) {
        const flipped = String.fromCharCode(VALID.charCodeAt(index) ^ (1 << bit));
        const value = VALID.slice(0, index) + flipped + VALID.slice(index + 1);
        expect(read(value), `byte ${index}, bit ${bit}`).toBeUndefined();
      }
    }
  });

  it('a cookie with a character more or less anywhere', () => {
    for (let index = 0; index <= VALID.length; index++) {
      const [before, after] = [VALID.slice(0, index), VALID.slice(index)];
      expect(read(`${before}A${after}`)).toBeUndefined();
      if (after !== '') expect(read(before + after.slice(1))).toBeUndefined();
    }
  });

  it('a cookie of another secret', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 64 }), secret => {
        fc.pre(!Object.values(KEYS).some(key => key.secret === secret));
        expect(read(cookieWith({ secret }))).toBeUndefined();
      }),
    );
  });

  it.each(['', 'short', 'x'.repeat(31)])('one that a key of too little, %j, signed', secret => {
    const weak = { ...SIGNING, keys: { ...KEYS, current: { id: KEYS.current.id, secret } } };
    expect(read(cookieWith({ secret }), NOW, weak)).toBeUndefined();
    expect(() => sessionCookie(OFFICE, NOW, weak)).toThrow('session cookie');
  });
});

describe('The signer refuses', () => {
  it.each([
    { what: 'an id with a dot', user: { ...OFFICE, sub: 'a.b' } },
    { what: 'an empty id', user: { ...OFFICE, sub: '' } },
    { what: 'an empty address', user: { ...OFFICE, email: '' } },
    { what: 'what makes it overlong', user: { ...OFFICE, email: 'e'.repeat(700) } },
  ])('$what', ({ user }) => {
    expect(() => sessionCookie(user, NOW, SIGNING)).toThrow('session cookie');
  });

  it.each([NOW + 0.5, Number.NaN, -1, NOW * 1000])('the time %d', issuedAt => {
    expect(() => sessionCookie(OFFICE, issuedAt, SIGNING)).toThrow('session cookie');
  });
});
