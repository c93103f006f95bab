import { describe, expect, it } from 'vitest';
import { deployMail } from '../../../shared/refresh/deploy-mail.ts';
import { deployReport } from '../../../shared/refresh/joint-report.ts';
import type { RefreshReport } from '../../../shared/refresh/refresh-report.ts';
import { changeOf } from '../../helpers/changes.ts';
import { mailOf, reportOf, STACK } from './reports.ts';

/** The mail about refreshes of these distributions. */
function render(...parts: Partial<RefreshReport>[]) {
  const changes = { objects: [changeOf('styles.css')], paths: [] };
  const reported = parts.map(part => ({ report: reportOf(part), changes }));
  return mailOf(deployMail, deployReport('r2', reported)).render(STACK);
}

const [E1, E2] = [{ distributionId: 'E1' }, { distributionId: 'E2', verified: 3, pathCount: 2 }];
const FAILED = { outcome: 'failed', failure: 'EdgeStale: /a' } as const;
const UNASKED: Partial<RefreshReport> = {
  outcome: 'unasked',
  unasked: { code: 'unauthorized', reason: 'e2.example.com answers 401', count: 1, urls: ['/a'] },
};

describe('The mail about a deploy to several distributions', () => {
  it('says that all are fresh, and what each of them took', () => {
    const { subject, text } = render(E1, E2);
    expect(subject).toBe('Fresh at 2 distributions: styles.css');
    expect(text).toContain('There is nothing to do.');
    expect(text).toContain('E1: fresh, 1 URL verified; 1 path, 2026-11-02T10:00:12.340Z (after 12.3 s)');
    expect(text).toContain('E2: fresh, 3 URLs verified; 2 paths, ');
    expect(text).toContain('Changed:\n  styles.css\n');
  });

  it('names a failure first, which has a mail of its own', () => {
    const { subject, text } = render({ ...E1, ...FAILED }, E2);
    expect(subject).toBe('FAILED at 1 of 2 distributions, told before (styles.css)');
    expect(text).toContain('E1: FAILED: EdgeStale: /a;');
    expect(text).toContain('What to do about the failure is in the mail of its own.');
  });

  it('says where the edge could not be asked, and what to do', () => {
    const { subject, text } = render(E1, { ...E2, ...UNASKED });
    expect(subject).toBe('Not verified at 1 of 2 distributions: styles.css');
    expect(text).toContain('E2: not verified: e2.example.com answers 401;');
    expect(text).toContain('verificationHeaders');
  });

  it('says where not every URL is known', () => {
    const { subject, text } = render(E1, { ...E2, untold: ['*'] });
    expect(subject).toBe('Fresh at 2 distributions, as far as its URLs are known: styles.css');
    expect(text).toContain('tell them by the option `urls`');
  });
});
