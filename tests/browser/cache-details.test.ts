import { describe, expect, it } from 'vitest';
import { FAILED, pathsField, RUNNING, row, STARTED, servedPanel, summary, UNASKED } from './cache-panel.ts';
import { changeOf, pathOf, refreshOf } from './scripted-refreshes.ts';
import { announcement, focused, passTime, press } from './site.ts';

const { refreshes, openPanel } = servedPanel();

describe('the details of a refresh', () => {
  it('name the files, why each path, what was verified and how long each step took', async () => {
    const changes = ['docs/a.html', 'docs/b.html', 'index.html'].map(key => changeOf(key, STARTED));
    refreshes.set(
      refreshOf({
        changes: [...changes, { ...changeOf('old.html', STARTED), removed: true }],
        paths: [
          { ...pathOf('/docs/*', ['docs/a.html', 'docs/b.html']), needlessPurges: 3 },
          { ...pathOf('/old.html', ['old.html']), requestedPaths: ['/old.html'] },
        ],
        verification: {
          verified: 4,
          superseded: 1,
          urls: ['/docs/a.html', '/docs/b.html', '/', '/index.html'],
        },
        skipped: { unchanged: 1, neverCached: 0, duplicate: 0 },
        guard: { limit: 3, withoutLimit: 1200, costUsd: 0.005 },
        errorPages: { paths: ['/404.html'], seconds: 10 },
      }),
    );
    await openPanel(async page => {
      await page.getByRole('link', { name: '22 Nov 2026, 07:58' }).click();
      await page.getByRole('heading', { name: '4 files, fresh' }).waitFor();
      expect(await focused(page)).toBe('details-title');
      expect(await page.title()).toContain(refreshOf().id);
      const text = await page.locator('#details').innerText();
      expect(text).toMatch(
        /Invalidation sent\s+07:58:02\s+after 0\.3 s\s+Old copies dropped\s+07:58:03\s+after 1\.3 s/,
      );
      expect(text).toMatch(/Last upload to end\s+4\.5 s/);
      expect(text).toMatch(/Status in CloudFront\s+Completed\s+Created\s+22 Nov 2026, 07:58/);
      expect(text).toMatch(
        /Limit on needless purges\s+3 costs \$0\.005: the cheapest paths would make at least 1,200/,
      );
      expect(text).toMatch(/Error pages\s+edges may keep the former \/404\.html at any URL for up to 10 s/);
      expect(text).toMatch(/Skipped\s+1 unchanged/);
      expect(text).toMatch(/old\.html\s+removed/);
      expect(text).toMatch(/\/docs\/\*\s+2 files\s+docs\/a\.html\s+docs\/b\.html\s+3/);
      expect(text).toContain('Requested by hand: /old.html');
      expect(text).toContain('4 URLs verified against the bucket; 1 changed again');

      await page.getByRole('link', { name: 'All refreshes' }).click();
      await summary(page, 'Yes, everything is fresh');
      expect(await focused(page)).toContain('22 Nov 2026, 07:58');
    });
  });

  it('of many files show the first ones, and the others when asked', async () => {
    const changes = Array.from({ length: 200 }, (_, index) => changeOf(`page-${index}.html`, STARTED));
    refreshes.set({ ...refreshOf({ changes }), changeCount: 1234 });
    await openPanel(
      async page => {
        await page.getByText('1,234 files; the first 200 are listed').waitFor();
        expect(await page.locator('#changes li').count()).toBe(8);
        await page.locator('#changes-section').getByRole('button', { name: 'Show all 200' }).click();
        expect(await page.locator('#changes li').count()).toBe(200);
      },
      { hash: `#${refreshOf().id}` },
    );
  });

  it('under an address of their own are followed while it runs, and announced', async () => {
    refreshes.set(RUNNING);
    await openPanel(
      async page => {
        await page.locator('#details-doing', { hasText: 'Waiting for uploads to finish' }).waitFor();
        refreshes.set(refreshOf({ state: 'invalidating', startedAt: STARTED }));
        await passTime(page, () => page.getByText('In progress').isVisible());
        expect(await announcement(page)).toBe('CloudFront is dropping old copies.');
        refreshes.set(refreshOf({ startedAt: STARTED }));
        await passTime(page, () => page.getByRole('heading', { name: '1 file, fresh' }).isVisible());
        expect(await announcement(page)).toBe('1 file, fresh. Visitors get the new content.');
      },
      { hash: `#${RUNNING.id}` },
    );
  });

  it('that no longer exist say so', async () => {
    await openPanel(
      async page => {
        await page.getByRole('heading', { name: 'No such refresh' }).waitFor();
        await page.getByText('the history, which goes back 90 days').waitFor();
        await page.goBack();
      },
      { hash: `#${RUNNING.id}`, expectedErrors: /status of 404/ },
    );
  });

  it('of a failure give the reason, what to do, and a way to try again', async () => {
    refreshes.set(FAILED);
    await openPanel(
      async page => {
        const failure = page.locator('#failure');
        await failure.getByText('The edge still serves old content for 1 URLs: /styles.css').waitFor();
        await failure.getByText('check the cache settings of the distribution').waitFor();
        await press(page, 'Refresh these paths again');
        expect(await pathsField(page).inputValue()).toBe('/styles.css');
        await expect.poll(() => focused(page)).toBe('paths');
        await page.getByText("1 path. 877 of November's 1,000 free paths are left").waitFor();
      },
      { hash: `#${FAILED.id}` },
    );
  });

  it('of one whose edge could not be asked give the reason, what to do, and the URLs', async () => {
    refreshes.set(UNASKED);
    await openPanel(
      async page => {
        await page.getByRole('heading', { name: '1 file, not verified' }).waitFor();
        expect(await announcement(page)).toBe(
          '1 file, not verified. Invalidated, but nobody verified what visitors get.',
        );
        const unasked = page.locator('#unasked');
        await unasked.getByText('d1.cloudfront.net answers 401').waitFor();
        expect(await unasked.locator('code').allTextContents()).toEqual([
          'verificationHeaders',
          'verify: false',
        ]);
        expect(await unasked.textContent()).not.toContain('`');
        expect(await page.locator('#details-state').textContent()).toBe('Not verified');
        expect(await page.locator('#details-timeline').innerText()).not.toMatch(/Edge verified|Fresh/);
        expect(await page.locator('#details-timeline li').last().innerText()).toMatch(/^Not verified\s/);
        expect(await page.locator('#unasked-urls-count').textContent()).toBe(
          '12 URLs; the first 2 are listed',
        );
        expect(await page.locator('#unasked-urls li').allTextContents()).toEqual([
          '/styles.css',
          '/index.html',
        ]);
        for (const id of ['failure', 'urls-section'])
          expect(await page.locator(`#${id}`).isVisible()).toBe(false);
      },
      { hash: `#${UNASKED.id}` },
    );
  });
});

it.each([320, 1280])('hostile names are shown as the text they are, at %i px', async width => {
  const names = [
    '<img src=x onerror="document.title=\'broken\'"><script>document.title="broken"</script>',
    '\u202eمرحبا بالعالم\u202d.html',
    'W'.repeat(1000),
  ];
  const changes = names.map(name => changeOf(name, STARTED));
  const paths = names.map(name => pathOf(`/${name}`, [name]));
  const hostile = refreshOf({
    state: 'failed',
    ...{ changes, paths, failure: names[0], requestedPaths: names, invalidationId: names[0] },
    ...{ unasked: { code: 'altered', reason: names.join() } },
    verification: {
      ...{ verified: 3, superseded: 0, urls: names },
      unasked: { code: 'altered', reason: names.join(), count: 3, urls: names },
    },
  });
  refreshes.set(hostile);
  const options = { viewport: { width, height: 800 } };
  await openPanel(async page => {
    await row(page, 'Failed').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await page.getByRole('link', { name: '22 Nov 2026, 07:58' }).click();
    await page.getByText('Verified at the edge').waitFor();
    expect(await page.locator('#changes [data-field=key]').allTextContents()).toEqual(names);
    expect(await page.locator('#urls li').allTextContents()).toEqual(names.toSorted());
    expect(await page.locator('#unasked-urls li').allTextContents()).toEqual(names);
    expect(await page.locator('#unasked [data-field=reason]').textContent()).toBe(names.join());
    expect(await page.title()).not.toBe('broken');
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  }, options);
});
