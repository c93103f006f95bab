import { describe, expect, it } from 'vitest';
import { passTime, press, SV005, says, servedSite, students } from './site.ts';

const { api, open } = servedSite();

describe('The backup button', () => {
  it('says how many students were saved and lists the backup', async () => {
    for (const student of students(3)) api.save(student);
    await open({}, async page => {
      await press(page, 'Backup');
      await says(page, 'backup', 'Backup done: 3 students in 2.4 s.');
      const backup = page.locator('#backup-list').getByRole('listitem');
      await backup.waitFor();
      expect(await backup.innerText()).toMatch(
        /22 Nov 2026, 08:02\s+3 students, 12.3 kB\s+backups\/20261122T080211Z-/,
      );
      expect(await page.getByRole('status').textContent()).toContain('Backup done');
    });
  });

  it('waits for a long backup, however often the service is unavailable meanwhile', async () => {
    api.save(SV005);
    api.backupsTakeLong = true;
    await open({ expectedErrors: /status of 503/ }, async page => {
      await press(page, 'Backup');
      await says(page, 'backup', 'The backup takes a while.');
      await page.getByRole('progressbar', { name: 'Backup' }).waitFor();
      api.answerNext({ status: 503 });
      await passTime(page, () => api.requests.length >= 3);
      api.finishBackups();
      await passTime(page, () => page.getByText('Backup done: 1 student in 2.4 s.').first().isVisible());
      await page.getByRole('progressbar', { name: 'Backup' }).waitFor({ state: 'hidden' });
      expect(api.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    });
  });

  it('starts no second backup if it is pressed again', async () => {
    api.backupsTakeLong = true;
    await open({}, async page => {
      await press(page, 'Backup');
      await says(page, 'backup', 'The backup takes a while.');
      await page.getByRole('button', { name: 'Backup' }).click({ force: true });
      expect(api.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
    });
  });
});

it('Earlier backups are requested when their list is opened', async () => {
  await open({}, async page => {
    await page.getByText('Earlier backups').click();
    await page.getByText('No backup yet.').waitFor();
    expect(api.requests).toMatchObject([{ method: 'GET', path: 'backups' }]);
  });
});
