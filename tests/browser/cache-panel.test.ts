import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { VisitOptions } from '../helpers/browser.ts';
import { refusal } from './scripted-answer.ts';
import { ASKED_ID, changeOf, pathOf, refreshOf } from './scripted-refreshes.ts';
import { announcement, focused, passTime, press, says, servedSite, setVisibility } from './site.ts';

const { api, open } = servedSite();
const { refreshes } = api;

const STARTED = '2026-11-22T08:02:05.000Z';
const RUNNING = refreshOf({ state: 'open', startedAt: STARTED });
const FAILED = refreshOf({
  state: 'failed',
  startedAt: '2026-11-22T07:59:00.000Z',
  failure: 'EdgeStale: The edge still serves old content for 1 URLs: /styles.css',
});

const openPanel = (
  scenario: (page: Page) => Promise<void>,
  { hash = '', ...options }: VisitOptions & { readonly hash?: string } = {},
) => open(options, scenario, `/cache.html${hash}`);

describe('a running refresh', () => {
  it('is followed from the upload until visitors get the new content', async () => {
    refreshes.set(refreshOf(), RUNNING);
    await openPanel(async page => {
      await summary(page, 'A refresh is running');
      for (const [state, current] of [
        ['open', 'Uploads quiet'],
        ['closed', 'CloudFront told'],
        ['invalidating', 'Old copies dropped'],
        ['verifying', 'Edge verified'],
      ] as const) {
        refreshes.set(refreshOf({ state, startedAt: STARTED }));
        const step = page.locator('#running [aria-current="step"]', { hasText: current });
        await passTime(page, () => step.isVisible());
      }
      expect(await page.locator('#running').innerText()).toMatch(/^styles\.css\s+Asking the edge/);

      refreshes.set(refreshOf({ startedAt: STARTED }));
      await passTime(page, () => summaryIs(page, 'Yes, everything is fresh'));
      expect(await announcement(page)).toBe('Fresh: 1 file, in 4.2 s.');
      await page.locator('#last', { hasText: '1 file, fresh in 4.2 s' }).waitFor();
      await page.locator('#running').waitFor({ state: 'hidden' });
    });
  });

  it('that begins while somebody looks appears by itself, and is not followed while the page is hidden', async () => {
    await openPanel(async page => {
      await summary(page, 'Nothing to refresh yet');
      refreshes.set(RUNNING);
      await passTime(page, () => summaryIs(page, 'A refresh is running'));
      expect(await announcement(page)).toBe('A refresh has begun.');

      await setVisibility(page, 'hidden');
      const askedBefore = api.requests.length;
      await page.clock.fastForward(60_000);
      expect(api.requests).toHaveLength(askedBefore);
      await setVisibility(page, 'visible');
      await expect.poll(() => api.requests.length).toBeGreaterThan(askedBefore);
    });
  });

  it('waiting for CloudFront’s quota says so', async () => {
    refreshes.set({ ...RUNNING, refusals: 2 });
    await openPanel(async page => {
      await page
        .locator('#running', { hasText: 'Waiting until CloudFront takes invalidations again' })
        .waitFor();
      expect(await row(page, 'Collecting').innerText()).toContain('Not created yet');
    });
  });
});

describe('the history', () => {
  it('tells of each refresh what the console tells, and what it does not', async () => {
    refreshes.set(
      { ...refreshOf(), changeCount: 1200, pathCount: 14, collateral: 12, costUsd: 0.07, round: 2 },
      FAILED,
    );
    await openPanel(async page => {
      await summary(page, 'The last refresh failed');
      expect(await row(page, 'Fresh').innerText()).toMatch(
        /22 Nov 2026, 07:58\s+4 minutes ago\s+Fresh\s+1,200 files\s+Invalidated a second time.*\s+14\s+12 needless purges\s+I2J0I21PCUYOIK\s+Completed\s+4\.2 s\s+\$0\.07/,
      );
      expect(await row(page, 'Failed').innerText()).toContain('The edge still serves old content for 1 URLs');
      expect(await page.locator('#month').innerText()).toMatch(
        /November's.*\s+123 of 1,000 free ones\s+\$0\.00 so far/,
      );
    });
  });

  it('is not called fresh altogether while it shows one that failed before', async () => {
    refreshes.set(FAILED, refreshOf({ startedAt: STARTED }));
    await openPanel(page => summary(page, 'The last refresh is fresh, an earlier one failed'));
  });

  it('grows by the older ones until there are no more, and keeps them while it is renewed', async () => {
    refreshes.set(...series(45));
    await openPanel(async page => {
      await countIs(page, 'The newest 20 refreshes');
      await press(page, 'Older');
      await countIs(page, 'The newest 40 refreshes');
      expect(await announcement(page)).toBe('The newest 40 refreshes.');
      refreshes.set(RUNNING);
      await passTime(page, () => summaryIs(page, 'A refresh is running'));
      await press(page, 'Older');
      await countIs(page, '46 refreshes');
      await page.getByRole('button', { name: 'Older' }).waitFor({ state: 'hidden' });
      expect(await page.locator('#history-rows tr').count()).toBe(46);
      expect(await focused(page)).toContain('2026');
    });
  });

  it('is drawn as charts that can also be read', async () => {
    refreshes.set(...series(6), FAILED);
    await openPanel(async page => {
      const times = page.getByRole('img', { name: /^Time to fresh/ });
      await times.waitFor();
      expect(await times.locator('rect').count()).toBe(7);
      expect(await page.locator('#times-summary').textContent()).toBe(
        'Of 6 fresh ones, half took up to 4.2 s, the slowest 4.2 s. 1 refresh failed.',
      );
      await page.getByText('Day by day as a table').click();
      expect(await page.locator('#days-rows').innerText()).toMatch(
        /^22 Nov 2026\s+2\s+2\s+\$0\.00\s+21 Nov 2026\s+1\s+1/,
      );
    });
  });

  it('without a refresh says what makes one', async () => {
    await openPanel(async page => {
      await page.getByText('Upload a file to the site').waitFor();
      await page.locator('#trends').waitFor({ state: 'hidden' });
    });
  });
});

describe('the details of a refresh', () => {
  it('name the files, why each path, what was verified and how long each step took', async () => {
    const changes = ['docs/a.html', 'docs/b.html', 'index.html'].map(key => changeOf(key, STARTED));
    refreshes.set(
      refreshOf({
        changes: [...changes, { ...changeOf('old.html', STARTED), removed: true }],
        paths: [
          { ...pathOf('/docs/*', ['docs/a.html', 'docs/b.html']), collateral: 3 },
          { ...pathOf('/old.html', ['old.html']), requestedPaths: ['/old.html'] },
        ],
        verification: {
          verified: 4,
          superseded: 1,
          urls: ['/docs/a.html', '/docs/b.html', '/', '/index.html'],
        },
        skipped: { unchanged: 1, neverCached: 0, duplicate: 0 },
      }),
    );
    await openPanel(async page => {
      await page.getByRole('link', { name: '22 Nov 2026, 07:58' }).click();
      await page.getByRole('heading', { name: '4 files, fresh' }).waitFor();
      expect(await focused(page)).toBe('details-title');
      expect(await page.title()).toContain(refreshOf().id);
      const text = await page.locator('#details').innerText();
      expect(text).toMatch(
        /CloudFront told\s+07:58:02\s+after 0\.3 s\s+Old copies dropped\s+07:58:03\s+after 1\.3 s/,
      );
      expect(text).toMatch(/From the last upload to the end\s+4\.5 s/);
      expect(text).toMatch(/CloudFront says\s+Completed\s+Created\s+22 Nov 2026, 07:58/);
      expect(text).toMatch(/Needed no path\s+1 unchanged/);
      expect(text).toMatch(/old\.html\s+removed/);
      expect(text).toMatch(/\/docs\/\*\s+2 files\s+docs\/a\.html\s+docs\/b\.html\s+3/);
      expect(text).toContain('Asked for by hand: /old.html');
      expect(text).toContain('4 addresses served as the bucket holds them; 1 changed again meanwhile');

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
        await page.getByText('1,234 files, of which 200 are listed').waitFor();
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
        await page.locator('#details-doing', { hasText: 'Waiting until uploads are quiet' }).waitFor();
        refreshes.set(refreshOf({ state: 'invalidating', startedAt: STARTED }));
        await passTime(page, () => page.getByText('In progress').isVisible());
        expect(await announcement(page)).toBe('CloudFront drops its old copies.');
        refreshes.set(refreshOf({ startedAt: STARTED }));
        await passTime(page, () => page.getByRole('heading', { name: '1 file, fresh' }).isVisible());
        expect(await announcement(page)).toBe('1 file, fresh. Visitors get the new content.');
      },
      { hash: `#${RUNNING.id}` },
    );
  });

  it('that are not there any more are said to be gone', async () => {
    await openPanel(
      async page => {
        await page.getByRole('heading', { name: 'There is no such refresh' }).waitFor();
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
        await failure.getByText('look at the cache settings of the distribution').waitFor();
        await press(page, 'Refresh these paths again');
        expect(await pathsField(page).inputValue()).toBe('/styles.css');
        await expect.poll(() => focused(page)).toBe('paths');
        await page.getByText("1 path. 877 of November's 1,000 free paths are left").waitFor();
      },
      { hash: `#${FAILED.id}` },
    );
  });
});

describe('refreshing by hand', () => {
  it('says what it costs, asks, and follows the refresh that took it', async () => {
    refreshes.useMonth({ paths: 999 });
    await openPanel(async page => {
      await summary(page, 'Nothing to refresh yet');
      await pathsField(page).fill('/docs/*\n/index.html\n');
      await press(page, 'Refresh these paths');
      const dialog = page.getByRole('dialog', { name: 'Refresh 2 paths?' });
      expect(await dialog.innerText()).toMatch(
        /1 of November's 1,000 free paths is left: this costs up to \$0\.005\./,
      );
      await dialog.getByRole('button', { name: 'Refresh' }).click();

      await page.getByRole('heading', { name: '2 paths by hand' }).waitFor();
      expect(page.url()).toContain(`#${ASKED_ID}`);
      const asked = api.requests.filter(({ method }) => method === 'POST');
      expect(asked).toMatchObject([{ path: 'refreshes', body: { paths: ['/docs/*', '/index.html'] } }]);
      refreshes.set(refreshOf({ id: ASKED_ID, requestedPaths: ['/docs/*', '/index.html'], changeCount: 0 }));
      await passTime(page, () => page.getByRole('heading', { name: '2 paths by hand, fresh' }).isVisible());
    });
  });

  it('of everything says that every object is fetched again, and does nothing when cancelled', async () => {
    await openPanel(async page => {
      await press(page, 'Refresh everything');
      const dialog = page.getByRole('dialog', { name: 'Refresh everything?' });
      await dialog.getByText('Every object is fetched again from the bucket').waitFor();
      await page.keyboard.press('Escape');
      await press(page, 'Refresh everything');
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      expect(api.requests.filter(({ method }) => method === 'POST')).toEqual([]);
    });
  });

  it('checks paths while they are typed, and sends none that CloudFront would refuse', async () => {
    await openPanel(async page => {
      await press(page, 'Refresh these paths');
      await page.getByText('Enter at least one path').waitFor();
      await pathsField(page).fill('/ok\nnăm.html');
      await page.getByText('Line 2: it must begin with /. Try /n%C4%83m.html.').waitFor();
      await press(page, 'Refresh these paths');
      expect(await focused(page)).toBe('paths');
      await pathsField(page).fill('/ok\n/n%C4%83m.html');
      await page.getByText('2 paths. 877 of').waitFor();
      expect(await pathsField(page).getAttribute('aria-invalid')).toBe('false');
    });
  });

  it.each([
    {
      answer: refusal(429, 'TooManyRefreshes', "Today's 500 paths asked for by hand are used up."),
      words: "Today's 500 paths asked for by hand are used up. Uploads refresh by themselves as before.",
    },
    {
      answer: refusal(400, 'ValidationFailed', 'Check the paths.', [{ field: 'paths[0]', message: 'bad' }]),
      words: 'Check the paths.',
    },
    { answer: refusal(500, 'Internal', 'Something failed.'), words: 'a problem of its own (500)' },
  ])('that is refused keeps what was typed: $answer.status', async ({ answer, words }) => {
    await openPanel(
      async page => {
        await summary(page, 'Nothing to refresh yet');
        await pathsField(page).fill('/index.html');
        await press(page, 'Refresh these paths');
        api.answerNext(answer);
        await page.getByRole('dialog').getByRole('button', { name: 'Refresh' }).click();
        await says(page, 'form', words);
        expect(await pathsField(page).inputValue()).toBe('/index.html');
      },
      { expectedErrors: /status of \d{3}/ },
    );
  });
});

describe('when the API is away', () => {
  it('the panel keeps what it shows, tries less and less often, and recovers by itself', async () => {
    refreshes.set(refreshOf());
    await openPanel(
      async page => {
        await summary(page, 'Yes, everything is fresh');
        api.answerAll({ status: 503 });
        await passTime(page, () => page.locator('#trouble-notice').isVisible());
        await says(page, 'trouble', 'a problem of its own (503). What you see is as of 08:02');
        await passTime(page, () => page.getByText('The next try follows in 40 s.').isVisible());
        expect(await page.locator('#history-rows tr').count()).toBe(1);
        api.answerAll(undefined);
        await press(page, 'Try now');
        await page.locator('#trouble-notice').waitFor({ state: 'hidden' });
      },
      { expectedErrors: /status of 503/ },
    );
  });

  it('from the start, the panel says that nothing is loaded', async () => {
    api.answerAll('lost');
    await openPanel(
      async page => {
        await says(page, 'trouble', 'The service does not answer.');
        await countIs(page, 'Not loaded yet');
        expect(await page.getByRole('button', { name: 'Refresh everything' }).isDisabled()).toBe(true);
      },
      { expectedErrors: /net::ERR_/ },
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
    verification: { verified: 3, superseded: 0, urls: names },
  });
  refreshes.set(hostile);
  const options = { viewport: { width, height: 800 } };
  await openPanel(async page => {
    await row(page, 'Failed').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
    await page.getByRole('link', { name: '22 Nov 2026, 07:58' }).click();
    await page.getByText('What was verified at the edge').waitFor();
    expect(await page.locator('#changes [data-field=key]').allTextContents()).toEqual(names);
    expect(await page.locator('#urls li').allTextContents()).toEqual(names.toSorted());
    expect(await page.title()).not.toBe('broken');
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  }, options);
});

/** So many fresh refreshes, a day apart, the newest of them today. */
function series(count: number) {
  const newest = Date.parse('2026-11-22T07:58:00.000Z');
  return Array.from({ length: count }, (_, index) =>
    refreshOf({ startedAt: new Date(newest - index * 86_400_000).toISOString() }),
  );
}

async function summary(page: Page, text: string): Promise<void> {
  await page.locator('#summary', { hasText: text }).waitFor();
}

async function summaryIs(page: Page, text: string): Promise<boolean> {
  return (await page.locator('#summary').textContent()) === text;
}

async function countIs(page: Page, text: string): Promise<void> {
  await page.locator('#history-count').getByText(text, { exact: true }).waitFor();
}

function row(page: Page, state: string) {
  return page.locator('#history-rows tr').filter({ has: page.getByText(state, { exact: true }) });
}

function pathsField(page: Page) {
  return page.getByRole('textbox', { name: 'Paths' });
}
