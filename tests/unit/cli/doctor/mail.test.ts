import { describe, expect, it } from 'vitest';
import {
  judgeConfigurationSet,
  judgeMailAccount,
  judgeMailRegion,
  judgeRecipients,
  judgeSender,
  judgeSignature,
} from '../../../../infra/cli/doctor/before/mail.ts';
import { attachment } from './targets.ts';

const target = attachment();
const WHERE = '--region eu-west-1 --profile school';

describe("SES's account", () => {
  const healthy = {
    isInSandbox: false,
    maySend: true,
    enforcement: 'HEALTHY',
    quota: 50_000,
    sentInLastDay: 3,
  };

  it.each([
    [healthy, 'eu-west-1: production; 50000 mails in 24 hours, 3 sent'],
    [{ ...healthy, quota: -1 }, 'eu-west-1: production; any number of mails in 24 hours, 3 sent'],
    [{ ...healthy, isInSandbox: true, quota: 200 }, 'eu-west-1: sandbox; 200 mails in 24 hours, 3 sent'],
  ])('is confirmed with its limits: %j', (account, evidence) => {
    expect(judgeMailAccount(account, target)).toEqual({ verdict: 'confirmed', evidence });
  });

  it.each([
    [
      'sending is off',
      { maySend: false },
      `aws sesv2 put-account-sending-attributes --sending-enabled ${WHERE}`,
    ],
    ['AWS has stopped it', { enforcement: 'SHUTDOWN' }, `aws sesv2 get-account ${WHERE}`],
    ['its mails are used up', { quota: 200, sentInLastDay: 200 }, `aws sesv2 get-account ${WHERE}`],
  ])('is refuted if %s', (_, change, command) => {
    expect(judgeMailAccount({ ...healthy, ...change }, target)).toMatchObject({
      verdict: 'refuted',
      remedy: expect.stringContaining(command),
    });
  });
});

it('A region without SES is refuted, with the option that chooses another', () => {
  expect(judgeMailRegion(attachment({ mailRegion: 'eu-south-2' }))).toEqual({
    verdict: 'refuted',
    evidence: 'eu-south-2 has no SES',
    remedy: 'Deploy with another region that has it: -c mailRegion=eu-west-1',
  });
});

describe('Recipients', () => {
  it.each([
    ['outside the sandbox', false, []],
    ['in the sandbox, if all are verified', true, []],
  ])('are confirmed %s', (_, isInSandbox, unverified) => {
    expect(judgeRecipients(isInSandbox, unverified, target).verdict).toBe('confirmed');
  });

  it('are refuted in the sandbox, each with the command that verifies it', () => {
    const { verdict, remedy } = judgeRecipients(true, ['head@school.example'], target);
    expect(verdict).toBe('refuted');
    expect(remedy?.split('\n')).toEqual([
      'Have SES mail each a link, to be followed once:',
      `aws sesv2 create-email-identity --email-identity head@school.example ${WHERE}`,
      expect.stringContaining(
        'Or leave the sandbox: aws sesv2 put-account-details --production-access-enabled',
      ),
    ]);
  });
});

describe('The sender', () => {
  it('is confirmed if SES has verified it', () => {
    expect(judgeSender('verified', target)).toEqual({
      verdict: 'confirmed',
      evidence: 'SES sends from owner@school.example',
    });
  });

  it.each(['unverified', 'unknown'] as const)('is refuted if it is %s, with what to do', state => {
    expect(judgeSender(state, target)).toMatchObject({
      verdict: 'refuted',
      remedy: expect.stringContaining(
        'aws ses verify-email-identity --email-address owner@school.example --region eu-west-1',
      ),
    });
  });
});

describe('The signature of the mails', () => {
  it.each([
    ['school.example', 'signed with the key of school.example (DKIM)'],
    ['owner@school.example', 'signed with the key of school.example (DKIM)'],
    [undefined, expect.stringContaining('dig +short TXT _dmarc.school.example')],
  ])('is confirmed by the identity %s', (signing, evidence) => {
    expect(judgeSignature(signing, target)).toEqual({ verdict: 'confirmed', evidence });
  });

  it.each(['gmail.com', 'yahoo.co.uk', 'outlook.com'])('is refuted for a mailbox at %s', domain => {
    const { verdict, remedy } = judgeSignature(undefined, attachment({ mailFrom: `school@${domain}` }));
    expect(verdict).toBe('refuted');
    expect(remedy).toContain('-c mailFrom=site@DOMAIN');
  });
});

describe('The configuration set of the sender', () => {
  const set = { identity: 'school.example', name: 'tracked' };

  it('is confirmed if there is none or it sends', () => {
    expect(judgeConfigurationSet(undefined, target).verdict).toBe('confirmed');
    expect(judgeConfigurationSet({ ...set, state: 'sends' }, target).verdict).toBe('confirmed');
  });

  it.each([
    ['missing', `put-email-identity-configuration-set-attributes --email-identity school.example ${WHERE}`],
    [
      'paused',
      `put-configuration-set-sending-options --configuration-set-name tracked --sending-enabled ${WHERE}`,
    ],
  ] as const)('is refuted if it is %s', (state, command) => {
    expect(judgeConfigurationSet({ ...set, state }, target)).toMatchObject({
      verdict: 'refuted',
      remedy: expect.stringContaining(command),
    });
  });
});
