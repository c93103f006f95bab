import { describe, expect, it } from 'vitest';
import { judgeAnswer, judgeDistribution } from '../../../../infra/cli/doctor/before/distribution.ts';
import type { EdgeAnswer } from '../../../../shared/refresh/edge-answer.ts';
import { attachment } from './targets.ts';

describe('A distribution', () => {
  const whole = {
    domainName: 'd1.cloudfront.net',
    isEnabled: true,
    isDeployed: true,
  };
  const judge = (change: Partial<typeof whole> = {}) =>
    judgeDistribution('E1', { ...whole, ...change }, 'my-site/docs', attachment());

  it('is confirmed with what it shows', () => {
    expect(judge()).toEqual({ verdict: 'confirmed', evidence: 'd1.cloudfront.net shows my-site/docs' });
  });

  it.each([
    ['is disabled', { isEnabled: false }, 'aws cloudfront update-distribution --id E1'],
    ['is not deployed', { isDeployed: false }, 'aws cloudfront wait distribution-deployed --id E1'],
  ])('is refuted if it %s', (_, change, command) => {
    expect(judge(change)).toMatchObject({ verdict: 'refuted', remedy: expect.stringContaining(command) });
  });
});

describe("What a site's viewers get", () => {
  const host = 'd1.cloudfront.net';
  const unasked = (
    code: 'unauthorized' | 'forbidden' | 'redirected' | 'no-address',
    redirects: string[] = [],
  ) => ({ kind: 'unasked', code, reason: `${host} says no`, redirects }) as const;
  const OBJECT: EdgeAnswer = { kind: 'object', served: { headers: {}, lastModified: '' }, redirects: [] };
  const ABSENT: EdgeAnswer = { kind: 'absent', redirects: [] };

  it.each([
    ['an object', OBJECT],
    ['no object', ABSENT],
  ])('is confirmed if it is %s', (_, answer) => {
    expect(judgeAnswer(answer, undefined, host).verdict).toBe('confirmed');
  });

  it.each([
    ['a password', unasked('unauthorized'), '-c verificationHeaders=HEADER=site-password'],
    ['a refusal', unasked('forbidden'), '-c verify=false'],
    [
      'a redirect to another host',
      unasked('redirected', ['https://www.school.example/home']),
      '-c url=https://www.school.example\n',
    ],
  ])('is refuted if it is %s, with the option about it', (_, answer, remedy) => {
    expect(judgeAnswer(answer, undefined, host)).toMatchObject({
      verdict: 'refuted',
      remedy: expect.stringContaining(remedy),
    });
  });

  it.each([
    ['no address', unasked('no-address')],
    ['nothing', { kind: 'none', problem: `https://${host}/ did not answer: reset` } as const],
  ])("is untestable at the distribution's own domain if it is %s, and refuted at another", (_, answer) => {
    expect(judgeAnswer(answer, undefined, host).verdict).toBe('untestable');
    expect(judgeAnswer(answer, 'https://www.school.example', 'www.school.example')).toMatchObject({
      verdict: 'refuted',
      remedy: expect.stringMatching(/-c url=URL|curl -I https:\/\/www\.school\.example\//),
    });
  });
});
