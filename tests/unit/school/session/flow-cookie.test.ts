import { describe, expect, it } from 'vitest';
import { flowCookie, flowIn } from '../../../../shared/school/session/flow-cookie.ts';
import { authentic, FLOW, flowFrom, KEYS, SIGNING, sessionFrom } from '../../../helpers/session-cookies.ts';

const NOW = 1_800_000_000;
const read = (value: string, now = NOW) => flowIn({ value }, now, SIGNING);
const PARTS = ['v1', KEYS.current.id, NOW, NOW + 600, FLOW.state, FLOW.nonce, FLOW.verifier, FLOW.page];

describe('A flow cookie', () => {
  it('is read as what was signed', () => {
    expect(read(flowFrom(NOW))).toEqual(FLOW);
  });

  it('lives for 600 seconds', () => {
    expect([599, 600].map(age => read(flowFrom(NOW), NOW + age) !== undefined)).toEqual([true, false]);
  });

  it('carries no address to come back to', () => {
    expect(() => flowCookie({ ...FLOW, page: '//evil.example' }, NOW, SIGNING)).toThrow('flow cookie');
  });

  it.each([
    { what: 'a session', value: sessionFrom(NOW) },
    { what: 'the MAC of a session', value: authentic(PARTS) },
    { what: 'more than 600 s', value: authentic(PARTS.with(3, NOW + 601), { purpose: 'flow' }) },
    { what: 'a field less', value: authentic(PARTS.slice(0, -1), { purpose: 'flow' }) },
  ])('is not $what', ({ value }) => {
    expect(read(value)).toBeUndefined();
  });

  it('sent twice counts as none', () => {
    const value = flowFrom(NOW);
    expect(flowIn({ value, multiValue: [{ value }, { value }] }, NOW, SIGNING)).toBeUndefined();
  });
});
