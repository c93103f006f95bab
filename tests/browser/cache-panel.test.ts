import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { FAILED, RUNNING, row, STARTED, servedPanel, summary, UNASKED } from './cache-panel.ts';
import { refreshOf } from './scripted-refreshes.ts';
import { announcement, focused, passTime, press, says, setVisibility } from './site.ts';

const { api, refreshes, openPanel } = servedPanel();

describe('a running refresh', () => {
  it('is followed from the upload until visitors get the new content', async () => {
    refreshes.set(refreshOf(), RUNNING);
    await openPanel(async page => {
      await summary(page, 'A refresh is running');
      for (const [state, current] of [
        ['open', 'Uploads finished'],
        ['closed', 'Invalidation sent'],
        ['invalidating', 'Old copies dropped'],
        ['verifying', 'Edge verified'],
      ] as const) {
        refreshes.set(refreshOf({ state, startedAt: STARTED }));
        const step = page.locator('#running [aria-current="step"]', { hasText: current });
        await passTime(page, () => step.isVisible());
      }
      expect(await page.locator('#running').innerText()).toMatch(/^styles\.css\s+Checking every changed URL/);

      refreshes.set(refreshOf({ startedAt: STARTED }));
      await passTime(page, () => summaryIs(page, 'Yes, everything is fresh'));
      expect(await announcement(page)).toBe('Fresh: 1 file, in 4.2 s.');
      await page.locator('#last', { hasText: '1 file, fresh in 4.2 s' }).waitFor();
      await page.locator('#running').waitFor({ state: 'hidden' });
    });
  });

  it('that begins while the panel is open appears by itself, and is not polled while the page is hidden', async () => {
    await openPanel(async page => {
      await summary(page, 'Nothing to refresh yet');
      refreshes.set(RUNNING);
      await passTime(page, () => summaryIs(page, 'A refresh is running'));
      expect(await announcement(page)).toBe('A refresh has started.');

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
      await page.locator('#running', { hasText: 'Waiting for room in CloudFront’s quota' }).waitFor();
      expect(await row(page, 'Collecting').innerText()).toContain('Not created yet');
    });
  });
});

describe('a pause', () => {
  it('is shown with who began it, when and why, until somebody resumes', async () => {
    refreshes.set(refreshOf());
    refreshes.pause = { since: '2026-11-22T07:30:00.000Z', by: 'jane', reason: 'moving house' };
    await openPanel(async page => {
      await summary(page, 'Refreshes are paused');
      expect(await page.locator('#paused').innerText()).toMatch(
        /^Paused since 22 Nov 2026, 07:30 by \P{L}?jane\P{L}? \(\P{L}?moving house\P{L}?\)\. Uploads are kept/u,
      );
      refreshes.pause = undefined;
      await passTime(page, () => summaryIs(page, 'Yes, everything is fresh'));
      await page.locator('#paused').waitFor({ state: 'hidden' });
    });
  });
});

describe('the history', () => {
  it('shows what the console shows of each refresh, and more', async () => {
    refreshes.set(
      { ...refreshOf(), changeCount: 1200, pathCount: 14, needlessPurges: 12, costUsd: 0.07, round: 2 },
      FAILED,
    );
    await openPanel(async page => {
      await summary(page, 'The last refresh failed');
      expect(await row(page, 'Fresh').innerText()).toMatch(
        /22 Nov 2026, 07:58\s+4 minutes ago\s+Fresh\s+1,200 files\s+Invalidated twice.*\s+14\s+12 needless purges\s+I2J0I21PCUYOIK\s+Completed\s+4\.2 s\s+\$0\.07/,
      );
      expect(await row(page, 'Failed').innerText()).toContain('The edge still serves old content for 1 URLs');
      expect(await page.locator('#month').innerText()).toMatch(
        /November's.*\s+123 of 1,000 free paths\s+\$0\.00 so far/,
      );
    });
  });

  it('is not called all fresh while it shows an earlier failure', async () => {
    refreshes.set(FAILED, refreshOf({ startedAt: STARTED }));
    await openPanel(page => summary(page, 'The last refresh succeeded, an earlier one failed'));
  });

  it('is not called fresh while its newest could not be verified, which is no failure either', async () => {
    refreshes.set(refreshOf(), UNASKED);
    await openPanel(async page => {
      await summary(page, 'The last refresh was not verified');
      expect(await page.locator('#summary').getAttribute('data-state')).toBe('unasked');
      await page.locator('#last', { hasText: '1 file, not verified after 4.2 s' }).waitFor();
      const listed = row(page, 'Not verified');
      expect(await listed.innerText()).toMatch(/1 file\s+d1\.cloudfront\.net answers 401\s/);
      expect(await listed.locator('.badge').getAttribute('data-state')).toBe('unasked');
      expect(await page.locator('#overview').innerText()).not.toMatch(/everything is fresh|failed/);
    });
  });

  it('is not called fresh altogether while it shows one that was not verified before', async () => {
    refreshes.set(UNASKED, refreshOf({ startedAt: STARTED }));
    await openPanel(page => summary(page, 'The last refresh succeeded, an earlier one was not verified'));
  });

  it('loads older refreshes until there are no more, and keeps them when it is renewed', async () => {
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
    refreshes.set(...series(6), FAILED, UNASKED);
    await openPanel(async page => {
      const times = page.getByRole('img', { name: /^Time to fresh/ });
      await times.waitFor();
      expect(await times.locator('rect').count()).toBe(8);
      expect(await times.locator('[data-tone=trouble]').count()).toBe(1);
      const unasked = times.locator('[data-tone=unasked]');
      expect(await unasked.textContent()).toBe('22 Nov 2026, 08:01: 1 file, not verified after 4.2 s');
      expect(await page.locator('#times-summary').textContent()).toBe(
        '6 refreshes succeeded: median 4.2 s, slowest 4.2 s. 1 refresh was not verified. 1 refresh failed.',
      );
      await page.getByText('Paths per day as a table').click();
      expect(await page.locator('#days-rows').innerText()).toMatch(
        /^22 Nov 2026\s+3\s+3\s+\$0\.00\s+21 Nov 2026\s+1\s+1/,
      );
    });
  });

  it('without a refresh says how one begins', async () => {
    await openPanel(async page => {
      await page.getByText('Upload a file to the site').waitFor();
      await page.locator('#trends').waitFor({ state: 'hidden' });
    });
  });
});

describe('When the API is unavailable,', () => {
  it('the panel keeps what it shows, tries less and less often, and recovers by itself', async () => {
    refreshes.set(refreshOf());
    await openPanel(
      async page => {
        await summary(page, 'Yes, everything is fresh');
        api.answerAll({ status: 503 });
        await passTime(page, () => page.locator('#trouble-notice').isVisible());
        await says(
          page,
          'trouble',
          'The service failed (503). Try again. This page shows the state at 08:02',
        );
        await passTime(page, () => page.getByText('Next try in 40 s.').isVisible());
        expect(await page.locator('#history-rows tr').count()).toBe(1);
        api.answerAll(undefined);
        await press(page, 'Try now');
        await page.locator('#trouble-notice').waitFor({ state: 'hidden' });
      },
      { expectedErrors: /status of 503/ },
    );
  });

  it('the panel says so if nothing was ever loaded', async () => {
    api.answerAll('lost');
    await openPanel(
      async page => {
        await says(page, 'trouble', 'The service is not responding.');
        await countIs(page, 'Not loaded yet');
        expect(await page.getByRole('button', { name: 'Refresh everything' }).isDisabled()).toBe(true);
      },
      { expectedErrors: /net::ERR_/ },
    );
  });
});

/** Fresh refreshes, one a day up to today. */
function series(count: number) {
  const newest = Date.parse('2026-11-22T07:58:00.000Z');
  return Array.from({ length: count }, (_, index) =>
    refreshOf({ startedAt: new Date(newest - index * 86_400_000).toISOString() }),
  );
}

async function summaryIs(page: Page, text: string): Promise<boolean> {
  return (await page.locator('#summary').textContent()) === text;
}

async function countIs(page: Page, text: string): Promise<void> {
  await page.locator('#history-count').getByText(text, { exact: true }).waitFor();
}
