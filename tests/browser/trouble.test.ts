import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { refusal } from './scripted-answer.ts';
import { counted, fill, press, SV005, says, servedSite, students, view } from './site.ts';

const { api, open } = servedSite();

const THROTTLED = { status: 429, json: { message: 'Too Many Requests' } };

describe('when the service is busy', () => {
  it('counts down, tries again by itself and saves once', async () => {
    api.answerNext(THROTTLED, refusal(409, 'InProgress', 'The first request is still running.'));
    await open({ expectedErrors: /status of (429|409)/ }, async page => {
      await fill(page, SV005);
      await press(page, 'Save');
      await says(page, 'form', 'Trying again in 3 seconds.');
      await page.clock.runFor(2000);
      await says(page, 'form', 'Trying again in 1 second.');
      expect(await page.getByRole('status').textContent()).toContain('Trying again in 3 seconds.');
      await page.clock.runFor(1000);
      await says(page, 'form', 'Trying again in 6 seconds.');
      await page.clock.runFor(6000);
      await says(page, 'form', 'Saved:');
      expect(api.requests).toHaveLength(3);
      expect(new Set(api.requests.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    });
  });

  it('waits as long as the answer asks for, and can be stopped', async () => {
    api.answerNext({ ...THROTTLED, headers: { 'retry-after': '20' } });
    await open({ expectedErrors: /status of 429/ }, async page => {
      await press(page, 'View');
      await says(page, 'list', 'Trying again in 20 seconds.');
      await press(page, 'Stop');
      await says(page, 'list', 'Stopped.');
      await press(page, 'Try again');
      await counted(page, 'No students');
    });
  });

  it('gives up after the fourth try', async () => {
    api.answerAll(THROTTLED);
    await open({ expectedErrors: /status of 429/ }, async page => {
      await press(page, 'View');
      for (const seconds of [3, 6, 12]) {
        await says(page, 'list', `Trying again in ${seconds} seconds.`);
        await page.clock.runFor(seconds * 1000);
      }
      await says(page, 'list', 'The service is busy (429).');
      expect(api.requests).toHaveLength(4);
    });
  });

  it('does not wait for a quota that is used up', async () => {
    api.answerNext({ status: 429, json: { message: 'Limit Exceeded' } });
    await open({ expectedErrors: /status of 429/ }, async page => {
      await press(page, 'View');
      await says(page, 'list', 'used up its requests');
      expect(api.requests).toHaveLength(1);
    });
  });
});

describe('when the service fails', () => {
  const html = { 'content-type': 'text/html' };
  it.each([
    { answer: refusal(403, 'Forbidden', 'Forbidden'), says: 'The service refused this site (403)' },
    { answer: { status: 403, json: { message: 'Forbidden' } }, says: 'The service refused this site (403)' },
    { answer: refusal(500, 'Internal', 'Something failed.'), says: 'The service failed (500). Try again.' },
    { answer: { status: 504, headers: html }, says: 'The service failed (504)' },
    { answer: { status: 404, headers: html }, says: 'The service refused (404).' },
    { answer: refusal(400, 'BadRequest', 'The limit is out of range.'), says: 'The limit is out of range.' },
    { answer: { status: 200, json: { pupils: [] } }, says: 'this page cannot read' },
  ])('$answer.status is put into words: $says', async ({ answer, says: words }) => {
    api.answerAll(answer);
    await open({ expectedErrors: /status of \d{3}/ }, async page => {
      await actions(page, words);
    });
  });

  it('keeps the list and the entries while it is unavailable, and goes on afterwards', async () => {
    for (const student of students(2)) api.save(student);
    await open({ expectedErrors: /net::ERR_/ }, async page => {
      await view(page, '2 students');
      await fill(page, SV005);
      api.answerAll('lost');
      await press(page, 'View');
      await says(page, 'list', 'The service is not responding.');
      expect(await page.locator('#students-rows tr').count()).toBe(2);

      api.answerAll(undefined);
      await press(page, 'Try again');
      await page.locator('#list-notice').waitFor({ state: 'hidden' });
      await press(page, 'Save');
      await counted(page, '3 students');
    });
  });

  it('tells visitors that they are offline', async () => {
    await open({ expectedErrors: /ERR_INTERNET_DISCONNECTED/ }, async page => {
      await page.context().setOffline(true);
      await press(page, 'View');
      await says(page, 'list', 'You are offline.');
    });
  });
});

/** Every button that asks the service says the same. */
async function actions(page: Page, words: string): Promise<void> {
  await press(page, 'View');
  await says(page, 'list', words);
  await press(page, 'Backup');
  await says(page, 'backup', words);
  await fill(page, SV005);
  await press(page, 'Save');
  await says(page, 'form', words);
  expect(await page.getByLabel('Student ID').inputValue()).toBe('SV005');
}
