import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Page, Request } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { authorizationOf } from '../../infra/local/kernel/aws-api.ts';
import { type LocalCloud, startLocalCloud } from '../../infra/local/local-cloud.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { visit } from '../helpers/browser.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { counted, fill, press, row, SV005, says, view } from './site.ts';

let cloud: LocalCloud;
let records: DynamoDBDocumentClient;

beforeAll(async () => {
  cloud = await startLocalCloud({ assemblyDirectory: ASSEMBLY, timeScale: 0.1 });
  records = DynamoDBDocumentClient.from(new DynamoDBClient(clientFor(cloud.endpoint)));
  await cloud.journal.waitFor(entry => entry.kind === 'mail', 'the report on the first deployment');
});

afterAll(() => cloud.stop());

async function stored(studentid: string) {
  const TableName = cloud.outputs['StudentTableName'];
  const { Item } = await records.send(
    new GetCommand({ TableName, Key: { studentid }, ConsistentRead: true }),
  );
  return Item;
}

async function apiKey(): Promise<string> {
  const answer = await fetch(`${cloud.endpoint}/apikeys/${cloud.outputs['ApiKeyId']}?includeValue=true`, {
    headers: { authorization: authorizationOf('browser-test', 'apigateway') },
  });
  const { value } = (await answer.json()) as { value: string };
  return value;
}

/** Everything that passes from now on between the page and the site, headers included. */
function everythingOnTheWire(page: Page): () => Promise<string> {
  const exchanges: Promise<string>[] = [];
  page.on('requestfinished', request => exchanges.push(exchangeOf(request)));
  return async () => (await Promise.all(exchanges)).join('\n');
}

async function exchangeOf(request: Request): Promise<string> {
  const response = await request.response();
  const headers = [await request.allHeaders(), await response?.allHeaders()];
  // Chromium keeps no body of an answer that has none.
  const body = response?.status() === 200 || response?.status() === 201 ? await response.text() : '';
  return `${request.postData()} ${JSON.stringify(headers)} ${body}`;
}

/** The content of every file that the page is made of. */
async function loadedFiles(page: Page): Promise<string> {
  const urls = await page.evaluate(() => performance.getEntries().map(({ name }) => name));
  const paths = urls.filter(name => URL.canParse(name)).map(name => new URL(name).pathname);
  const files = new Set(paths.filter(path => !path.startsWith('/api/')));
  expect([...files]).toEqual(expect.arrayContaining(['/', '/scripts.js', '/styles.css']));
  const answers = await Promise.all([...files].map(path => cloud.view(path)));
  return answers.map(({ body }) => body.toString()).join('\n');
}

it('a student is created, changed, backed up and deleted on the page, and the key never comes near it', async () => {
  await visit(cloud.siteUrl, { locale: 'en-GB' }, async page => {
    const wire = everythingOnTheWire(page);

    await fill(page, SV005);
    await press(page, 'Save');
    await says(page, 'form', 'Saved: \u2068Pham Thi E\u2069 (\u2068SV005\u2069).');
    await view(page, '1 student');
    await row(page, 'SV005').getByText('student5@example.com').waitFor();
    expect(await stored('SV005')).toMatchObject({ ...SV005, version: 1 });
    await cloud.journal.waitFor(
      entry => entry.kind === 'mail' && entry.to.includes(SV005.email),
      'the confirmation',
    );
    expect(cloud.mails().find(({ destination }) => destination.to.includes(SV005.email))).toMatchObject({
      subject: 'You are registered as student SV005',
      body: { text: expect.stringContaining('Pham Thi E') },
    });

    await press(page, 'Edit SV005');
    await fill(page, { name: 'Phạm Thị Em' });
    await press(page, 'Save');
    await row(page, 'SV005').getByText('Phạm Thị Em').waitFor();
    expect(await stored('SV005')).toMatchObject({ name: 'Phạm Thị Em', version: 2 });

    await press(page, 'Backup');
    await says(page, 'backup', 'Backup done: 1 student in');
    const backup = page.locator('#backup-list').getByRole('listitem');
    expect(await backup.innerText()).toMatch(/1 student, .*\s+backups\/\d{8}T\d{6}Z-[\da-f]{8}\.ndjson\.gz/);

    await press(page, 'Delete SV005');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await counted(page, 'No students');
    expect(await stored('SV005')).toBeUndefined();

    const key = await apiKey();
    expect(key).toMatch(/^\w{40}$/);
    expect(await page.content()).not.toContain(key);
    expect(await loadedFiles(page)).not.toContain(key);
    const transferred = await wire();
    expect(transferred).toContain('"studentid":"SV005"');
    expect(transferred).not.toContain(key);
    expect(transferred.toLowerCase()).not.toContain('x-api-key');
  });
});
