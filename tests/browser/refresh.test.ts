import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalCloud, startLocalCloud } from '../../infra/local/local-cloud.ts';
import { launchBrowser, visit } from '../helpers/browser.ts';

let cloud: LocalCloud;
let browser: Browser;

beforeAll(async () => {
  [cloud, browser] = await Promise.all([startLocalCloud({ timeScale: 0.1 }), launchBrowser()]);
});

afterAll(async () => {
  await browser.close();
  await cloud.stop();
});

it('the open page shows a saved style sheet by itself, once the pipeline has refreshed the edge', async () => {
  await cloud.journal.waitFor(entry => entry.kind === 'mail', 'the report on the first deployment');
  await visit(browser, cloud.siteUrl, {}, async page => {
    const { body } = await cloud.view('/styles.css');
    await cloud.publish(
      'styles.css',
      Buffer.concat([body, Buffer.from('h1 { color: rgb(1, 2, 3) !important; }')]),
    );

    await page.waitForFunction(
      () => getComputedStyle(document.querySelector('h1') ?? document.body).color === 'rgb(1, 2, 3)',
    );
    const invalidations = cloud.journal.entries.filter(
      entry => entry.kind === 'invalidation' && entry.status === 'InProgress',
    );
    expect(invalidations.at(-1)).toMatchObject({ paths: ['/styles.css'] });
  });
});

it('the page arrives with the headers that keep it safe', async () => {
  const { headers } = await cloud.view('/');
  expect(headers).toMatchObject({
    'content-security-policy': expect.stringContaining("default-src 'none'"),
    'strict-transport-security': expect.stringContaining('max-age=31536000'),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
  });
});
