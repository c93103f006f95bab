import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { type LocalCloud, startLocalCloud } from '../../infra/local/local-cloud.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { visit } from '../helpers/browser.ts';
import { faulty } from '../helpers/faults.ts';
import { press } from './site.ts';

let cloud: LocalCloud;

beforeAll(async () => {
  cloud = await startLocalCloud({ assemblyDirectory: ASSEMBLY, timeScale: 0.1 });
});

afterAll(() => cloud.stop());

it('the open page shows a saved style sheet by itself, once the pipeline has refreshed the edge', async () => {
  await cloud.journal.waitFor(entry => entry.kind === 'mail', 'the report on the first deployment');
  await visit(cloud.siteUrl, {}, async page => {
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

it('the cache panel follows an upload, and then a refresh by hand, until visitors get the new content', async () => {
  const mayGoOn = Promise.withResolvers<void>();
  const held = faulty({ action: 'CreateInvalidation' }, (_, next) => mayGoOn.promise.then(next), 1);
  onTestFinished(cloud.intercept(held.interceptor));
  await visit(`${cloud.siteUrl}/cache.html`, { locale: 'en-GB' }, async page => {
    await page.getByText('Yes, everything is fresh').waitFor();
    await cloud.publish('notes/first.txt', Buffer.from('One.'));
    await expect.poll(() => held.met.length).toBe(1);
    await page.evaluate(() => dispatchEvent(new Event('focus')));
    await page.getByText('A refresh is running').waitFor();
    await page.locator('#running [aria-current="step"]', { hasText: 'Invalidation sent' }).waitFor();
    expect(await page.locator('#running').innerText()).toMatch(/^notes\/first\.txt/);
    mayGoOn.resolve();
    await page.getByText('Yes, everything is fresh').waitFor();

    await press(page, 'Refresh everything');
    await page.getByRole('dialog').getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('heading', { name: '1 path by hand, fresh' }).waitFor();
    const details = await page.locator('#details').innerText();
    expect(details).toMatch(/Status in CloudFront\s+Completed/);
    expect(details).toMatch(/1 path\s+Path\s+Why\s+Needless purges\s+\/\*\s+Requested by hand: \/\*/);
    expect(details).toContain('verified against the bucket');
  });
});
