import { describe, expect, it } from 'vitest';
import { alarmMail } from '../../../shared/mail/alarm-mail.ts';
import { alarmEvent } from './alarm-events.ts';
import { mailOf, STACK } from './reports.ts';

const render = (event: object) => mailOf(alarmMail, event).render(STACK);

describe('the mail about an alarm', () => {
  it('says which, why, and where to read what to do', () => {
    const { subject, text, html } = render(alarmEvent('ALARM'));
    expect(subject).toBe('ALARM: StudentSite/mail-dead-letters');
    expect(text).toContain('A mail was given up. What to do: RUNBOOK.md#mail-dead-letters');
    expect(text).toContain('Since: 2026-11-22T08:01:00.000+0000');
    expect(text).toContain('Reason: Threshold Crossed: 1 out of the last 1 datapoints');
    expect(html).toContain('&lt;too&gt;');
  });

  it('says when it is over', () => {
    const { subject, text } = render(alarmEvent('OK'));
    expect(subject).toBe('OK: StudentSite/mail-dead-letters');
    expect(text).toContain('The alarm is over. There is nothing to do.');
  });

  it('needs no description of the alarm', () => {
    const { detail } = alarmEvent('ALARM');
    expect(render(alarmEvent('ALARM', { detail: { ...detail, configuration: {} } })).subject).toContain(
      'ALARM',
    );
  });
});

describe('the id of an alarm’s mail', () => {
  const idOf = (event: object) => mailOf(alarmMail, event).id;
  const later = { ...alarmEvent('ALARM').detail };
  const at = (timestamp: string) => ({ detail: { ...later, state: { ...later.state, timestamp } } });

  it('is that of the change, however often EventBridge delivers it', () => {
    expect(idOf(alarmEvent('ALARM', { id: 'another delivery' }))).toBe(idOf(alarmEvent('ALARM')));
  });

  it.each([
    ['the recovery', alarmEvent('OK')],
    ['the next time', alarmEvent('ALARM', at('2026-11-22T09:00:00.000+0000'))],
    [
      'another alarm',
      alarmEvent('ALARM', { resources: ['arn:aws:cloudwatch:us-east-1:1:alarm:StudentSite/x'] }),
    ],
  ])('differs for %s', (_, event) => expect(idOf(event)).not.toBe(idOf(alarmEvent('ALARM'))));
});
