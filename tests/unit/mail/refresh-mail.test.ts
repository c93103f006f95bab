import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_LISTED_IN_MAIL, type RenderedMail } from '../../../shared/mail/mail.ts';
import { refreshMail } from '../../../shared/refresh/refresh-mail.ts';
import { RefreshReport } from '../../../shared/refresh/refresh-report.ts';
import type { Unasked, UnaskedCode } from '../../../shared/refresh/unasked.ts';
import { anyObjectKey } from '../../helpers/object-keys.ts';
import { mailOf, reportOf, STACK } from './reports.ts';

const render = (details: Partial<RefreshReport>) => mailOf(refreshMail, reportOf(details)).render(STACK);
const changed = (...keys: string[]) => ({
  changes: keys.map(key => ({ key, removed: false })),
  changeCount: keys.length,
});

describe('the mail about a fresh refresh', () => {
  it('says what became fresh, how long it took and that nothing is left to do', () => {
    const { subject, text } = render({ superseded: 2, needlessPurges: 7 });
    expect(subject).toBe('Fresh: styles.css');
    expect(text).toContain('There is nothing to do.');
    expect(text).toContain('Edge verified: 2026-11-02T10:00:12.340Z (after 12.3 s)');
    expect(text).toContain('Paths: 1\nNeedless purges: 7 files that had not changed\n');
    expect(text).toContain('URLs verified: 1, 2 changed again since');
  });

  it('names files that were ignored because they lie outside every origin path', () => {
    const { text } = render({ outside: { count: 12, keys: ['v1/a.css', 'v1/b.css'] } });
    expect(text).toContain(
      'Ignored since yesterday, outside every origin path:\n  v1/a.css\n  v1/b.css\n  … and 10 more\n',
    );
    expect(render({}).text).not.toContain('Ignored');
  });

  it('says when the needless purges are estimated', () => {
    const { text } = render({ needlessPurges: 7000, isEstimated: true });
    expect(text).toContain('Needless purges: about 7000 files that had not changed');
  });

  it.each([
    { what: 'one file', details: changed('a.css'), subject: 'Fresh: a.css' },
    { what: 'several files', details: changed('a.css', 'b.css'), subject: 'Fresh: 2 files' },
    {
      what: 'a path requested manually',
      details: { ...changed(), requestedPaths: ['/*'], requestedPathCount: 1 },
      subject: 'Fresh: /*',
    },
    {
      what: 'more paths than are listed',
      details: { ...changed(), requestedPaths: ['/a', '/b'], requestedPathCount: 60 },
      subject: 'Fresh: 60 paths',
    },
  ])('names $what in its subject', ({ details, subject }) => expect(render(details).subject).toBe(subject));

  it('says what changed of the distribution, instead of the paths that it asked for', () => {
    const { subject, text } = render({
      ...changed(),
      causes: ['origin path /v1 → /v2', 'policies'],
      requestedPaths: ['/*'],
      requestedPathCount: 1,
    });
    expect(subject).toBe('Fresh: the distribution was changed: origin path /v1 → /v2, policies');
    expect(text).toContain('Changed of the distribution:\n  origin path /v1 → /v2\n  policies\n');
    expect(text).toContain('Refreshed because of that:\n  /*\n');
    expect(text).not.toContain('Asked for by hand');
  });

  it('says that not every URL is known, and what to do about it', () => {
    const { subject, text } = render({ untold: ['/docs/*'] });
    expect(subject).toBe('Fresh, as far as its URLs are known: styles.css');
    expect(text.replaceAll(/\s+/g, ' ')).toContain(
      'A function of the behaviour /docs/* may show objects at other URLs: tell them by the option `urls`.',
    );
  });

  it('says when no invalidation was needed', () => {
    const { invalidationId: _, ...report } = reportOf({ paths: [], pathCount: 0 });
    const { text } = mailOf(refreshMail, report).render(STACK);
    expect(text).toContain('Invalidation: none was needed');
    expect(text).not.toContain('Invalidated:');
  });

  it.each([
    {
      skipped: { unchanged: 12, neverCached: 0, duplicate: 0 },
      line: 'Nothing to purge: 12 files uploaded or removed again without a change',
    },
    {
      skipped: { unchanged: 1, neverCached: 2, duplicate: 3 },
      line: 'Nothing to purge: 1 file uploaded or removed again without a change; 2 files for which the edge asks the bucket each time; 3 files reported twice by S3',
    },
  ])('says how many files needed no path, and why: $line', ({ skipped, line }) => {
    const { text, html } = render({ skipped });
    expect(text).toContain(`${line}\n`);
    expect(html).toContain(`<td>${line.replace('Nothing to purge: ', '')}</td>`);
  });

  it('does not mention needless purges when there are none', () =>
    expect(render({}).text).not.toContain('Needless purges'));

  it('says what is done about an error page that changed, and why', () => {
    expect(render({ errorPages: { paths: ['/404.html'], seconds: 10 } }).text).toContain(
      'Error pages: edges may keep the former /404.html at any URL for up to 10 s, so the refresh waits that long\n',
    );
    expect(render({}).text).not.toContain('Error pages');
  });

  it('says what the limit on needless purges costs, or that it cannot be kept', () => {
    const guard = { limit: 5000, withoutLimit: 10_453, costUsd: 3.68 };
    expect(render({ guard }).text).toContain(
      'Limit on needless purges: 5,000 costs $3.68: the cheapest paths would make at least 10,453\n',
    );
    expect(render({ guard: { ...guard, fewest: 8314 } }).text).toContain(
      'Limit on needless purges: 5,000 cannot be kept: any paths would make at least 8,314\n',
    );
    expect(render({}).text).not.toContain('Limit');
  });

  it('says that the month’s limit on paths made it a single one', () => {
    const cap = { limit: 1000, used: 998, paths: 12 };
    expect(render({ cap }).text).toContain(
      'Limit on paths: 1,000 a month, of which 998 are used: one path is asked for instead of 12\n',
    );
  });

  it('does not mention skipped files when there are none', () =>
    expect(render({}).text).not.toContain('Nothing to purge'));

  it('marks removed files', () => {
    expect(render({ changes: [{ key: 'old.html', removed: true }] }).text).toContain('  old.html (removed)');
  });

  it('says how many more there are than it lists', () => {
    const { text, html } = render({
      changeCount: 51,
      pathCount: 101,
      requestedPaths: ['/x'],
      requestedPathCount: 201,
    });
    for (const rest of ['… and 50 more', '… and 100 more', '… and 200 more']) {
      expect(text).toContain(rest);
      expect(html).toContain(`<li>${rest}</li>`);
    }
  });
});

describe('the mail about a failed refresh', () => {
  it('gives the reason and says what to do', () => {
    const { subject, text, html } = render({ outcome: 'failed', failure: 'AccessDenied: no permission' });
    expect(subject).toBe('FAILED: the site may show old content (styles.css)');
    expect(text).toContain('Reason: AccessDenied: no permission');
    expect(text).toContain('Gave up: 2026-11-02T10:00:12.340Z');
    const options = '--distribution EDFDVBD632BHDS5 --stack SchoolSite --region eu-west-1';
    expect(text).toContain(`npm run refresh -- --paths "/*" ${options}`);
    expect(html).toContain(`npm run refresh -- --paths &quot;/*&quot; ${options}`);
  });
});

describe('the mail about a refresh whose edge could not be asked', () => {
  const unasked = (code: UnaskedCode, details: Partial<Unasked> = {}): Partial<RefreshReport> => ({
    outcome: 'unasked',
    verified: 2,
    unasked: {
      code,
      reason: 'd111111abcdef8.cloudfront.net answers 401',
      count: 1,
      urls: ['/a.css'],
      ...details,
    },
  });

  it('says what was invalidated, why it is not verified and which URLs, and does not call it a failure', () => {
    const { subject, text, html } = render(unasked('unauthorized'));
    expect(subject).toBe('Invalidated, not verified: d111111abcdef8.cloudfront.net answers 401 (styles.css)');
    expect(text).toContain('Ended: 2026-11-02T10:00:12.340Z (after 12.3 s)');
    expect(text).toContain('Reason: d111111abcdef8.cloudfront.net answers 401\n');
    expect(text).toContain('URLs verified: 2\nURLs not verified: 1\n');
    expect(text).toContain('Not verified:\n  /a.css\n');
    expect(html).toContain('<h2 style="font-size:1rem">Not verified</h2><ul><li>/a.css</li></ul>');
    for (const form of [subject, text, html]) expect(form).not.toMatch(/fail|old content/i);
  });

  it.each<{ code: UnaskedCode; options: string[] }>([
    { code: 'unauthorized', options: ['verificationHeaders', 'verify: false'] },
    { code: 'forbidden', options: ['verificationHeaders', 'verify: false'] },
    {
      code: 'signed',
      options: [
        ...['CloudFront-Policy', 'CloudFront-Signature', 'CloudFront-Key-Pair-Id'],
        ...['verificationHeaders', 'verify: false'],
      ],
    },
    { code: 'redirected', options: ['url', 'verificationHeaders', 'verify: false'] },
    { code: 'no-address', options: ['url', 'verify: false'] },
    { code: 'altered', options: ['verify: false'] },
    { code: 'off', options: ['verify: false'] },
  ])('says what to do about "$code": $options', ({ code, options }) => {
    const { text, html } = render(unasked(code));
    const advice = text.split('\n')[2] ?? '';
    expect([...advice.matchAll(/`([^`]+)`/g)].map(([, option]) => option)).toEqual(options);
    expect(html).toContain(`<p>${advice}</p>`);
  });

  it.each([
    { details: { invalidationId: 'I1' }, subject: 'Invalidated (verification is off): styles.css' },
    {
      details: { invalidationId: undefined },
      subject: 'Nothing to invalidate (verification is off): styles.css',
    },
  ])('says $subject where the owner switched verification off', ({ details, subject }) => {
    const off = unasked('off', { reason: 'verification is off', count: 0, urls: [] });
    const mail = mailOf(refreshMail, { ...reportOf(off), ...details }).render(STACK);
    expect(mail.subject).toBe(subject);
    expect(mail.text).toContain('There is nothing to do.');
  });

  it('does not say that something was invalidated when nothing was', () => {
    const { invalidationId: _, ...report } = reportOf({ ...unasked('forbidden'), paths: [], pathCount: 0 });
    const { subject, text } = mailOf(refreshMail, report).render(STACK);
    expect(subject).toBe('Not verified: d111111abcdef8.cloudfront.net answers 401 (styles.css)');
    expect(text).toContain('Invalidation: none was needed');
  });

  it('says how many more URLs there are than it lists', () => {
    const { text, html } = render(unasked('forbidden', { count: 45 }));
    expect(text).toContain('  /a.css\n  … and 44 more\n');
    expect(html).toContain('<li>… and 44 more</li>');
  });
});

describe('whatever a key holds', () => {
  it.each([
    { key: '<script>alert(1)</script>', html: '&lt;script&gt;alert(1)&lt;/script&gt;' },
    { key: '"a" & \'b\'', html: '&quot;a&quot; &amp; &#39;b&#39;' },
    { key: '&lt;', html: '&amp;lt;' },
  ])('$key is shown as text', ({ key, html }) => {
    const mail = render(changed(key));
    expect(mail.html).toContain(`<li>${html}</li>`);
    expect(mail.html).not.toContain(key);
    expect(mail.text).toContain(`  ${key}`);
  });

  it('it cannot add a mail header or a line of its own', () => {
    const mail = render(changed('a\r\nBcc: victim@example.com\r\n\r\nURLs verified: 99'));
    expect(mail.subject).toBe('Fresh: a Bcc: victim@example.com URLs verified: 99');
    expect(mail.text.split('\n').filter(line => line.startsWith('URLs verified:'))).toEqual([
      'URLs verified: 1',
    ]);
  });

  it('the subject is short, well-formed text', () => {
    const { subject } = render(changed('😀'.repeat(256)));
    expect(subject.length).toBeLessThanOrEqual(200);
    expect(subject.isWellFormed()).toBe(true);
  });

  it('the mail keeps its form: the same lines, the same tags, a subject of one line', () => {
    const form = ({ subject, text, html }: RenderedMail) => ({
      subjectLines: subject.split(/[\p{Cc}\u2028\u2029]/u).length,
      textLines: text.split(/[\n\r\u2028\u2029]/).length,
      tags: html.match(/<[^>]*>?/g),
    });
    const endings: readonly ((hostile: string) => Partial<RefreshReport>)[] = [
      hostile => ({ outcome: 'failed', failure: hostile }),
      hostile => ({
        outcome: 'unasked',
        unasked: { code: 'redirected', reason: hostile, count: 1, urls: [hostile] },
      }),
    ];
    const mailWith = (hostile: string, ending: (hostile: string) => Partial<RefreshReport>) =>
      render({ ...changed(hostile), ...ending(hostile), requestedPaths: [hostile], requestedPathCount: 1 });
    fc.assert(
      fc.property(anyObjectKey(), fc.constantFrom(...endings), (key, ending) => {
        const mail = mailWith(key, ending);
        expect(form(mail)).toEqual(form(mailWith('harmless', ending)));
        expect(mail.subject.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('the report in the mail queue', () => {
  it('survives the queue', () => {
    const report = reportOf({ failure: 'x' });
    expect(RefreshReport.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it('is understood as it was written before needless purges had their name', () => {
    const { needlessPurges, ...former } = reportOf({ needlessPurges: 7 });
    const { text } = mailOf(refreshMail, { ...former, collateral: needlessPurges }).render(STACK);
    expect(text).toContain('Paths: 1\nNeedless purges: 7 files that had not changed\n');
  });

  it.each([
    { what: 'no id', message: { ...reportOf(), id: '' } },
    { what: 'an unknown type', message: { ...reportOf(), type: 'greeting' } },
    { what: 'no reason why the edge could not be asked', message: { ...reportOf(), outcome: 'unasked' } },
    { what: 'an unknown outcome', message: { ...reportOf(), outcome: 'maybe' } },
    {
      what: 'a longer list than is shown',
      message: reportOf({ paths: Array(MAX_LISTED_IN_MAIL + 1).fill('/a') }),
    },
  ])('with $what is refused', ({ message }) => expect(refreshMail(message)).toBeUndefined());
});
