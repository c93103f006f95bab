import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backupMail } from '../../../shared/school/backup/backup-report.ts';
import { studentConfirmationMail } from '../../../shared/school/students/student-confirmation.ts';
import { anyText } from '../../helpers/any-text.ts';
import { mailOf, STACK } from '../mail/reports.ts';

const CONFIRMATION = {
  type: 'student-confirmation',
  id: 'student-confirmation-SV005-2026-11-22T08:00:00.000Z',
  to: 'student5@example.com',
  studentid: 'SV005',
  name: 'Pham Thi E',
  class: 'CNTT05',
} as const;

const DONE = {
  type: 'backup-report',
  id: 'backup-report-1',
  outcome: 'done',
  key: 'backups/20261122T080000Z-0123abcd.ndjson.gz',
  count: 12_345,
  sha256: 'f'.repeat(64),
  bytes: 678_901,
  startedAt: '2026-11-22T08:00:00.000Z',
  finishedAt: '2026-11-22T08:00:01.500Z',
} as const;

const FAILED = {
  ...{ type: DONE.type, id: 'backup-report-2', outcome: 'failed', key: DONE.key },
  ...{ startedAt: DONE.startedAt, finishedAt: DONE.finishedAt },
  failure: 'AccessDenied: <not> allowed',
} as const;

const confirmationOf = (message: unknown) => mailOf(studentConfirmationMail, message).render(STACK);
const reportOf = (message: unknown) => mailOf(backupMail, message).render(STACK);

describe('the confirmation for a student', () => {
  it('says what the school has recorded, in text and in HTML', () => {
    const { subject, text, html } = confirmationOf(CONFIRMATION);
    expect(subject).toBe('You are registered as student SV005');
    for (const fact of ['SV005', 'Pham Thi E', 'CNTT05']) {
      expect(text).toContain(fact);
      expect(html).toContain(fact);
    }
  });

  it('escapes markup in a name', () => {
    const { html, text } = confirmationOf({ ...CONFIRMATION, name: '<img src=x onerror="alert(\'1\')">&' });
    expect(text).toContain('<img src=x onerror="alert(\'1\')">&');
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;');
  });

  it('cannot be injected with HTML or a header by any name', () => {
    const own = confirmationOf(CONFIRMATION);
    const tags = (html: string) => html.match(/<[^>]*>/g);
    fc.assert(
      fc.property(anyText({ minLength: 1 }), name => {
        const { subject, html } = confirmationOf({ ...CONFIRMATION, name });
        expect(subject).toBe(own.subject);
        expect(tags(html)).toEqual(tags(own.html));
      }),
    );
  });

  it('goes to one mail address, nothing else', () => {
    for (const to of [
      '',
      'x',
      'a@example.com,b@example.com',
      'a@example.com\r\nBcc: b@example.com',
      'A <a@example.com>',
    ]) {
      expect(studentConfirmationMail({ ...CONFIRMATION, to })).toBeUndefined();
    }
  });
});

describe('the report of a backup', () => {
  it('names the backup, what is in it and how to read it back', () => {
    const { subject, text } = reportOf(DONE);
    expect(subject).toBe('Backup: 12345 students');
    expect(text).toContain(`npm run restore -- --from ${DONE.key} --stack SchoolSite --region eu-west-1`);
    for (const fact of ['Bytes: 678901', `SHA-256: ${DONE.sha256}`, '(after 1.5 s)'])
      expect(text).toContain(fact);
  });

  it('says first that it failed, then why', () => {
    const { subject, text, html } = reportOf(FAILED);
    expect(subject).toMatch(/^FAILED/);
    expect(text).toContain('Reason: AccessDenied: <not> allowed');
    expect(html).toContain('AccessDenied: &lt;not&gt; allowed');
    expect(text).not.toContain('undefined');
  });
});
