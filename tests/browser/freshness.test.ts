import type { Page, Request } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import {
  announcement,
  fill,
  PUBLISHED_AT,
  passTime,
  press,
  SV005,
  says,
  servedSite,
  setVisibility,
} from './site.ts';

const CHANGED_AT = new Date('2026-11-22T08:02:12Z');
const BETWEEN_CHECKS_MS = 5000;

const { edge, api, open, newContext, origin } = servedSite();

describe('the freshness panel', () => {
  it('shows for every file when it was published, its version and how the edge served it', async () => {
    await open({}, async page => {
      await summary(page, 'Yes, everything is fresh');
      for (const name of ['index.html', 'styles.css', 'scripts.js']) {
        const row = await rowText(page, name);
        expect(row).toContain('2 minutes ago');
        expect(row).toMatch(/Version\s+[0-9a-f]{8}\s/);
        expect(row).toMatch(/Hit\s+from the copy near you, kept 34 sec/);
        expect(row).toContain('Fresh');
      }
    });
  });

  it('puts a changed style sheet in place without a reload', async () => {
    await open({}, async page => {
      await summary(page, 'Yes, everything is fresh');
      await markThisLoad(page);
      edge.publish('styles.css', `${edge.textOf('styles.css')}\nh1 { color: rgb(1, 2, 3); }`, CHANGED_AT);
      await nextCheck(page);

      await summary(page, 'Yes, updated just now');
      expect(await headingColour(page)).toBe('rgb(1, 2, 3)');
      expect(await rowText(page, 'styles.css')).toMatch(
        /Miss\s+fetched from the bucket\s+Status\s+Updated just now/,
      );
      expect(await announcement(page)).toBe('The look of this page was updated.');
      expect(await isThisLoad(page)).toBe(true);
      expect(await page.locator('link[rel="stylesheet"]').count()).toBe(1);
    });
  });

  it('calls an update recent for a minute, then fresh', async () => {
    await open({}, async page => {
      await summary(page, 'Yes, everything is fresh');
      edge.publish('styles.css', `${edge.textOf('styles.css')}\nh1 { color: rgb(1, 2, 3); }`, CHANGED_AT);
      await nextCheck(page);
      await summary(page, 'Yes, updated just now');
      await page.clock.fastForward(60_000);
      await nextCheck(page);
      await summary(page, 'Yes, everything is fresh');
    });
  });

  it('reloads itself when the page changed, and says so', async () => {
    await open({}, async page => {
      await summary(page, 'Yes, everything is fresh');
      await markThisLoad(page);
      edge.publish('index.html', changedPage(), CHANGED_AT);
      await nextCheck(page);

      await page.getByRole('heading', { level: 1, name: 'The changed register' }).waitFor();
      await summary(page, 'Yes, updated just now');
      expect(await isThisLoad(page)).toBe(false);
      expect(await announcement(page)).toBe('This page was updated just now: index.html.');
      expect(await rowText(page, 'index.html')).toContain('Updated just now');
      expect(await rowText(page, 'styles.css')).not.toContain('Updated just now');
    });
  });

  it('runs the new script after a reload although the browser still held the old one', async () => {
    await open({}, async page => {
      await summary(page, 'Yes, everything is fresh');
      edge.publish(
        'scripts.js',
        `${edge.textOf('scripts.js')}\ndocument.title = 'New behaviour';`,
        CHANGED_AT,
      );
      await nextCheck(page);

      await expect.poll(() => page.title()).toBe('New behaviour');
      await summary(page, 'Yes, updated just now');
      expect(await rowText(page, 'scripts.js')).toContain('Updated just now');
    });
  });

  it('replaces what the browser had kept from an earlier visit', async () => {
    const context = await newContext();
    const firstVisit = await context.newPage();
    await firstVisit.goto(origin());
    await summary(firstVisit, 'Yes, everything is fresh');
    await firstVisit.close();
    edge.publish('styles.css', `${edge.textOf('styles.css')}\nh1 { color: rgb(4, 5, 6); }`, CHANGED_AT);

    const secondVisit = await context.newPage();
    await secondVisit.goto(origin());
    await summary(secondVisit, 'Yes, updated just now');
    expect(await headingColour(secondVisit)).toBe('rgb(4, 5, 6)');
    await context.close();
  });

  it('does not reload forever while one edge serves the new page and another the old one', async () => {
    await open({}, async page => {
      await summary(page, 'Yes, everything is fresh');
      const [oldPage, newPage] = [edge.textOf('index.html'), changedPage()];
      edge.publish('index.html', newPage, CHANGED_AT);
      await nextCheck(page);
      await page.getByRole('heading', { level: 1, name: 'The changed register' }).waitFor();
      await summary(page, 'Yes, updated just now');

      edge.publish('index.html', oldPage, PUBLISHED_AT);
      await nextCheck(page);
      await page.getByRole('heading', { level: 1, name: 'The student register' }).waitFor();
      await summary(page, 'Yes, updated just now');
      await markThisLoad(page);

      edge.publish('index.html', newPage, CHANGED_AT);
      await nextCheck(page);
      await summary(page, 'A newer version is coming');
      expect(await isThisLoad(page)).toBe(true);
    });
  });
});

describe('A newer page while a visitor is typing', () => {
  it('is offered instead of loaded, and loads once the entries are saved', async () => {
    await open({}, async page => {
      await summary(page, 'Yes, everything is fresh');
      await fill(page, SV005);
      await markThisLoad(page);
      edge.publish('index.html', changedPage(), CHANGED_AT);
      await nextCheck(page);
      await page
        .locator('#update-offer', { hasText: 'A newer version of this page is available.' })
        .waitFor();
      await summary(page, 'A newer version is coming');
      expect(await isThisLoad(page)).toBe(true);

      await press(page, 'Save');
      await says(page, 'form', 'Saved:');
      await nextCheck(page);
      await page.getByRole('heading', { level: 1, name: 'The changed register' }).waitFor();
      expect(api.find('SV005')).toBeDefined();
    });
  });

  it('can be loaded at once by discarding the entries', async () => {
    await open({}, async page => {
      await summary(page, 'Yes, everything is fresh');
      await fill(page, SV005);
      edge.publish('index.html', changedPage(), CHANGED_AT);
      await nextCheck(page);
      await press(page, 'Discard and load now');
      await page.getByRole('heading', { level: 1, name: 'The changed register' }).waitFor();
    });
  });

  it('reopens the list that was on view', async () => {
    api.save(SV005);
    api.save({ ...SV005, studentid: 'SV006', name: 'Other' });
    await open({}, async page => {
      await summary(page, 'Yes, everything is fresh');
      await page.getByLabel('Search').fill('pham');
      await press(page, 'View');
      await page.getByRole('row', { name: 'SV005' }).waitFor();
      edge.publish('index.html', changedPage(), CHANGED_AT);
      await nextCheck(page);
      await page.getByRole('heading', { level: 1, name: 'The changed register' }).waitFor();
      await page.getByRole('row', { name: 'SV005' }).waitFor();
      expect(await page.getByLabel('Search').inputValue()).toBe('pham');
    });
  });
});

describe('asking the site', () => {
  it('says that the visitor is offline and recovers by itself', async () => {
    await open({ expectedErrors: /ERR_INTERNET_DISCONNECTED/ }, async page => {
      await summary(page, 'Yes, everything is fresh');
      await page.context().setOffline(true);
      await nextCheck(page);
      await page.getByText('You are offline.').first().waitFor();
      await summary(page, 'Unknown right now');
      expect(await rowText(page, 'index.html')).toContain('2 minutes ago');

      await page.context().setOffline(false);
      await summary(page, 'Yes, everything is fresh');
      expect(await announcement(page)).toBe('The site is responding again.');
    });
  });

  it('names the error the edge answers with and tries again', async () => {
    await open({ expectedErrors: /status of 503/ }, async page => {
      await summary(page, 'Yes, everything is fresh');
      edge.failWith(503);
      await nextCheck(page);
      await page.getByText('The edge returned 503 for index.html.').first().waitFor();

      edge.failWith(undefined);
      await nextCheck(page);
      await summary(page, 'Yes, everything is fresh');
    });
  });

  it('pauses while the page is hidden, and resumes at once when it is visible', async () => {
    await open({}, async page => {
      await summary(page, 'Yes, everything is fresh');
      await setVisibility(page, 'hidden');
      const askedBefore = checks();
      await page.evaluate(() => window.dispatchEvent(new Event('online')));
      await page.clock.fastForward(10 * BETWEEN_CHECKS_MS);
      expect(checks()).toBe(askedBefore);

      await setVisibility(page, 'visible');
      await expect.poll(checks).toBeGreaterThan(askedBefore);
    });
  });

  it('checks at once when its window gets the focus', async () => {
    await open({}, async page => {
      await summary(page, 'Yes, everything is fresh');
      edge.publish('styles.css', `${edge.textOf('styles.css')}\nh1 { color: rgb(1, 2, 3); }`, CHANGED_AT);
      await page.evaluate(() => window.dispatchEvent(new Event('focus')));
      await summary(page, 'Yes, updated just now');
    });
  });
});

/**
 * Requests by which the page has compared itself with what the edge serves. Fonts may be asked for
 * at any time.
 */
const checks = () => edge.requests.filter(request => request.startsWith('HEAD ')).length;

/** Lets the page's time pass until it compares itself with the edge again. */
async function nextCheck(page: Page): Promise<void> {
  let isAsking = false;
  const notice = (request: Request) => {
    isAsking ||= request.method() === 'HEAD';
  };
  page.on('request', notice);
  await page.clock.fastForward(BETWEEN_CHECKS_MS);
  await passTime(page, () => isAsking);
  page.off('request', notice);
}

function changedPage(): string {
  return edge.textOf('index.html').replace('The student <', 'The changed <');
}

function summary(page: Page, text: string): Promise<void> {
  return page.locator('#summary', { hasText: text }).waitFor();
}

function rowText(page: Page, name: string): Promise<string> {
  return page.getByRole('listitem').filter({ hasText: name }).first().innerText();
}

function headingColour(page: Page): Promise<string> {
  return page.getByRole('heading', { level: 1 }).evaluate(node => getComputedStyle(node).color);
}

/** Leaves a mark that does not survive a reload. */
function markThisLoad(page: Page): Promise<void> {
  return page.evaluate(() => document.documentElement.setAttribute('data-load', 'marked'));
}

function isThisLoad(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.hasAttribute('data-load'));
}
