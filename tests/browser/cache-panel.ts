import type { Page } from 'playwright-core';
import type { VisitOptions } from '../helpers/browser.ts';
import { refreshOf } from './scripted-refreshes.ts';
import { servedSite } from './site.ts';

/** Seconds before the panel is opened. */
export const STARTED = '2026-11-22T08:02:05.000Z';
export const RUNNING = refreshOf({ state: 'open', startedAt: STARTED });
export const FAILED = refreshOf({
  state: 'failed',
  startedAt: '2026-11-22T07:59:00.000Z',
  failure: 'EdgeStale: The edge still serves old content for 1 URLs: /styles.css',
});

export const UNASKED = refreshOf({
  state: 'unasked',
  startedAt: '2026-11-22T08:01:00.000Z',
  unasked: { code: 'unauthorized', reason: 'd1.cloudfront.net answers 401' },
  verification: {
    verified: 0,
    superseded: 0,
    urls: [],
    unasked: {
      code: 'unauthorized',
      reason: 'd1.cloudfront.net answers 401',
      count: 12,
      urls: ['/styles.css', '/index.html'],
    },
  },
});

/**
 * The built site with its cache panel, the scripted API and refreshes behind it, and the panel
 * opened for a scenario.
 */
export function servedPanel() {
  const { api, open } = servedSite();
  const openPanel = (
    scenario: (page: Page) => Promise<void>,
    { hash = '', ...options }: VisitOptions & { readonly hash?: string } = {},
  ) => open(options, scenario, `/cache.html${hash}`);
  return { api, refreshes: api.refreshes, openPanel };
}

/** Waits until the panel sums up so. */
export async function summary(page: Page, text: string): Promise<void> {
  await page.locator('#summary', { hasText: text }).waitFor();
}

/** The history's row of the refresh in this state. */
export function row(page: Page, state: string) {
  return page.locator('#history-rows tr').filter({ has: page.getByText(state, { exact: true }) });
}

/** Where paths to be refreshed are typed. */
export function pathsField(page: Page) {
  return page.getByRole('textbox', { name: 'Paths' });
}
