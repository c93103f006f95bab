import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { UNASKED } from './cache-panel.ts';
import { ASKED_ID, refreshOf } from './scripted-refreshes.ts';
import { counted, fill, focused, press, SV005, says, servedSite, students, view } from './site.ts';

const { api, open } = servedSite();

/** The scheme decides on colours, the width on where things are. */
const SCHEMES = [
  { colorScheme: 'light', widths: [320, 390, 1280] },
  { colorScheme: 'dark', widths: [390] },
] as const;

describe.each(SCHEMES)(
  'axe finds nothing to object to in the $colorScheme scheme',
  ({ colorScheme, widths }) => {
    it('on the page', async () => {
      for (const student of students(30)) api.save(student);
      await open({ colorScheme, expectedErrors: /status of 412/ }, async page => {
        await page.locator('#summary', { hasText: 'Yes, everything is fresh' }).waitFor();
        await objections(page, widths);

        await view(page, '1–25 of 30 students');
        await press(page, 'Backup');
        await says(page, 'backup', 'Backup done');
        await page.getByText('What happens after an upload').click();
        await press(page, 'Save');
        await says(page, 'form', '5 fields');
        await objections(page, widths);

        await press(page, 'Edit SV001');
        await fill(page, { name: 'Mine' });
        api.save({ ...SV005, studentid: 'SV001' });
        await press(page, 'Save');
        await page.getByRole('dialog').waitFor();
        await objections(page, widths);
      });
    });

    it('in the cache panel', async () => {
      const failed = refreshOf({
        state: 'failed',
        startedAt: '2026-11-22T07:59:00.000Z',
        failure: 'EdgeStale: /a',
      });
      api.refreshes.set(
        refreshOf(),
        failed,
        UNASKED,
        refreshOf({ state: 'open', startedAt: '2026-11-22T08:02:05.000Z' }),
      );
      await open(
        { colorScheme },
        async page => {
          await page.locator('#running').waitFor();
          await page.getByText('Paths per day as a table').click();
          await page.getByRole('textbox', { name: 'Paths' }).fill('no slash');
          await objections(page, widths);

          await press(page, 'Refresh everything');
          await page.getByRole('dialog').waitFor();
          await objections(page, widths);
          await page.keyboard.press('Escape');

          await page.getByRole('link', { name: '22 Nov 2026, 07:59' }).click();
          await page.locator('#failure').waitFor();
          await objections(page, widths);

          await page.getByRole('link', { name: 'All refreshes' }).click();
          await page.getByRole('link', { name: '22 Nov 2026, 08:01' }).click();
          await page.locator('#unasked').waitFor();
          await objections(page, widths);
        },
        '/cache.html',
      );
    });
  },
);

describe('the keyboard alone', () => {
  it('shows where it is, starting with a way past the header', async () => {
    await open({}, async page => {
      for (const name of ['Skip to content', 'Students', 'Backups', 'Freshness', 'Cache']) {
        await page.keyboard.press('Tab');
        const focus = page.locator(':focus-visible');
        expect(await focus.textContent()).toBe(name);
        expect(await focus.evaluate(node => getComputedStyle(node).outlineStyle)).toBe('solid');
        expect((await focus.boundingBox())?.y).toBeGreaterThanOrEqual(0);
      }
    });
  });

  it('enters, finds, changes and deletes a student', async () => {
    await open({}, async page => {
      const { keyboard } = page;
      await page.getByLabel('Student ID').focus();
      for (const text of ['SV005', 'Pham Thi E', 'CNTT05', '05052001']) {
        await keyboard.type(text);
        await keyboard.press('Tab');
      }
      await tabTo(page, 'email');
      await keyboard.type('student5@example.com');
      await keyboard.press('Enter');
      await says(page, 'form', 'Saved:');
      expect(api.find('SV005')).toMatchObject(SV005);
      expect(await focused(page)).toBe('studentid');

      await tabTo(page, 'search');
      await keyboard.type('pham');
      await keyboard.press('Enter');
      await counted(page, '1 student');
      await tabTo(page, 'Edit SV005');
      await keyboard.press('Enter');
      expect(await focused(page)).toBe('name');
      await keyboard.press('End');
      await keyboard.type('m');
      await keyboard.press('Enter');
      await says(page, 'form', 'Saved: \u2068Pham Thi Em\u2069');
      await expect.poll(() => focused(page)).toBe('Edit SV005');

      await tabTo(page, 'Delete SV005');
      await keyboard.press('Enter');
      await tabTo(page, 'confirm-go-ahead');
      await keyboard.press('Enter');
      await counted(page, 'No students');
      await expect.poll(() => focused(page)).toBe('students-title');
    });
  });

  it('looks at a refresh, comes back to where it was, and asks for one by hand', async () => {
    api.refreshes.set(refreshOf());
    await open(
      {},
      async page => {
        const { keyboard } = page;
        await page.locator('#history-table').waitFor();
        await page.locator('#history-title').focus();
        await keyboard.press('Tab');
        await keyboard.press('Enter');
        await expect.poll(() => focused(page)).toBe('details-title');
        await page.getByRole('heading', { name: '1 file, fresh' }).waitFor();
        await keyboard.press('Shift+Tab');
        await keyboard.press('Enter');
        await expect.poll(() => focused(page)).toBe('22 Nov 2026, 07:58');

        await page.getByRole('textbox', { name: 'Paths' }).focus();
        await keyboard.type('/index.html');
        await tabTo(page, 'refresh-paths');
        await keyboard.press('Enter');
        await tabTo(page, 'confirm-go-ahead');
        await keyboard.press('Enter');
        await expect.poll(() => focused(page)).toBe('details-title');
        expect(page.url()).toContain(ASKED_ID);
      },
      '/cache.html',
    );
  });
});

it('The page does not move for visitors who prefer reduced motion', async () => {
  await open({ reducedMotion: 'reduce' }, async page => {
    await page.locator('#summary', { hasText: 'Yes, everything is fresh' }).waitFor();
    await fill(page, SV005);
    await view(page, 'No students');
    await press(page, 'Save');
    await counted(page, '1 student');
    expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
  });
});

it('The cache panel does not move for visitors who prefer reduced motion', async () => {
  api.refreshes.set(refreshOf({ state: 'open', startedAt: '2026-11-22T08:02:05.000Z' }));
  await open(
    { reducedMotion: 'reduce' },
    async page => {
      await page.locator('#running').waitFor();
      expect(await page.evaluate(() => document.getAnimations().length)).toBe(0);
    },
    '/cache.html',
  );
});

it('The page is set in Poppins, from its own fonts', async () => {
  await open({}, async page => {
    await page.locator('#summary', { hasText: 'Yes, everything is fresh' }).waitFor();
    const loaded = await page.evaluate(async () => {
      await document.fonts.ready;
      return [...document.fonts].filter(({ status }) => status === 'loaded').map(({ family }) => family);
    });
    expect(new Set(loaded)).toEqual(new Set(['Poppins']));
    expect(await page.locator('h1').evaluate(node => getComputedStyle(node).fontFamily)).toMatch(
      /^"?Poppins/,
    );
  });
});

/**
 * Nothing that axe objects to, and nothing wider than the screen. Only the style sheet knows of the
 * width: one load serves all.
 */
async function objections(page: Page, widths: readonly number[]): Promise<void> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  for (const width of widths) {
    await page.setViewportSize({ width, height: 800 });
    const { violations } = await whileTimePasses(page, () =>
      page.evaluate(() => {
        // A colour on its way to another one is judged as it is at that moment.
        for (const animation of document.getAnimations()) {
          if (animation instanceof CSSTransition) animation.finish();
        }
        return window.axe.run();
      }),
    );
    const found = violations.map(({ id, nodes }) => ({ id, where: nodes.map(node => node.html) }));
    expect(found, `At ${width} px`).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  }
}

/**
 * axe waits for timers between its rules, and the page's clock stands still. A millisecond at a
 * time brings on nothing else.
 */
async function whileTimePasses<T>(page: Page, work: () => Promise<T>): Promise<T> {
  let isDone = false;
  const result = work().finally(() => {
    isDone = true;
  });
  // Awaited below, after the clock.
  result.catch(() => undefined);
  while (!isDone) await page.clock.runFor(1);
  return result;
}

async function tabTo(page: Page, name: string): Promise<void> {
  for (let press = 0; press < 20 && (await focused(page)) !== name; press += 1) {
    await page.keyboard.press('Tab');
  }
  expect(await focused(page)).toBe(name);
}

declare global {
  interface Window {
    /** Once it is injected. */
    readonly axe: typeof axe;
  }
}
