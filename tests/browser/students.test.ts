import { describe, expect, it } from 'vitest';
import { refusal } from './scripted-answer.ts';
import { counted, fill, focused, press, row, SV005, says, servedSite, students, view } from './site.ts';

const { api, open } = servedSite();

describe('opening the page', () => {
  it('requests no student before the list is opened', async () => {
    await open({}, async page => {
      await page.locator('#summary', { hasText: 'Yes, everything is fresh' }).waitFor();
      await page.getByText('Press View to open it.').waitFor();
      expect(api.requests).toEqual([]);
    });
  });

  it('without JavaScript says what is missing and sends nothing anywhere', async () => {
    await open({ javaScriptEnabled: false }, async page => {
      expect(await page.locator('noscript').innerText()).toContain('The register needs JavaScript.');
      for (const name of ['Save', 'View', 'Backup']) {
        expect(await page.getByRole('button', { name, exact: true }).isDisabled()).toBe(true);
      }
    });
  });
});

describe('saving a new student', () => {
  it('sends it once, trimmed, says so, and is ready for the next one', async () => {
    await open({}, async page => {
      await fill(page, { ...SV005, name: '  Pham Thi E ' });
      await press(page, 'Save');
      await says(page, 'form', 'Saved: \u2068Pham Thi E\u2069 (\u2068SV005\u2069).');
      expect(api.requests).toMatchObject([{ method: 'POST', path: 'students', body: SV005 }]);
      expect(await page.getByRole('status').textContent()).toContain('Saved');
      expect(await page.getByLabel('Student ID').inputValue()).toBe('');
      expect(await focused(page)).toBe('studentid');
    });
  });

  it('shows it in the open list', async () => {
    for (const student of students(2)) api.save(student);
    await open({}, async page => {
      await view(page, '2 students');
      await fill(page, SV005);
      await press(page, 'Save');
      await counted(page, '3 students');
      expect(await row(page, 'SV005').innerText()).toMatch(/Pham Thi E\s+CNTT05\s+5 May 2001/);
    });
  });

  it('names what is wrong at each field without asking the API, and takes it back once mended', async () => {
    await open({}, async page => {
      await fill(page, { ...SV005, studentid: 'SV 005', birthdate: '2030-01-01', email: 'nobody' });
      await press(page, 'Save');
      await says(page, 'form', 'Check 3 fields.');
      expect(await focused(page)).toBe('studentid');
      const email = page.getByLabel('Email');
      expect(await email.getAttribute('aria-invalid')).toBe('true');
      expect(await page.locator('#email-problem').innerText()).toContain('like name@example.com');
      expect(await page.locator('#birthdate-problem').innerText()).toContain('in the future');
      expect(await page.locator('#name-problem').isVisible()).toBe(false);
      await email.fill('nobody@example.com');
      expect(await email.getAttribute('aria-invalid')).toBe('false');
      expect(api.requests).toEqual([]);
    });
  });

  it('shows at its field what only the API finds wrong', async () => {
    const fields = [{ field: 'email', message: 'This domain takes no mail.' }];
    api.answerNext(refusal(400, 'ValidationFailed', 'Check the fields.', fields));
    await open({ expectedErrors: /status of 400/ }, async page => {
      await fill(page, SV005);
      await press(page, 'Save');
      await page.locator('#email-problem', { hasText: 'This domain takes no mail.' }).waitFor();
      expect(await focused(page)).toBe('email');
      expect(await page.getByLabel('Student ID').inputValue()).toBe('SV005');
    });
  });

  it('says that an ID is taken', async () => {
    api.save(SV005);
    await open({ expectedErrors: /status of 409/ }, async page => {
      await fill(page, { ...SV005, name: 'Somebody else' });
      await press(page, 'Save');
      await page.locator('#studentid-problem', { hasText: 'already exists' }).waitFor();
      expect(api.find('SV005')?.name).toBe('Pham Thi E');
    });
  });

  it('keeps its idempotency key while the outcome is unclear, and takes a new one for other entries', async () => {
    api.answerNext('lost', { status: 502 });
    await open({ expectedErrors: /net::ERR_|status of 502/ }, async page => {
      await fill(page, SV005);
      await press(page, 'Save');
      await says(page, 'form', 'is not responding');
      await page.locator('#form-notice').getByRole('button', { name: 'Try again' }).click();
      await says(page, 'form', 'The service failed (502)');
      await press(page, 'Save');
      await says(page, 'form', 'Saved:');
      await fill(page, { ...SV005, studentid: 'SV006' });
      await press(page, 'Save');
      await says(page, 'form', 'SV006');
      const keys = api.requests.map(({ headers }) => headers['idempotency-key']);
      expect(new Set(keys.slice(0, 3)).size).toBe(1);
      expect(keys[3]).not.toBe(keys[0]);
      expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
    });
  });
});

describe('viewing the list', () => {
  it('turns pages both ways and says where it is', async () => {
    for (const student of students(60)) api.save(student);
    await open({}, async page => {
      await view(page, '1–25 of 60 students');
      await press(page, 'Next');
      await counted(page, '26–50 of 60 students');
      await press(page, 'Next');
      await counted(page, '51–60 of 60 students');
      expect(await page.getByRole('button', { name: 'Next' }).getAttribute('aria-disabled')).toBe('true');
      await press(page, 'Previous');
      await counted(page, '26–50 of 60 students');
      expect(await focused(page)).toBe('students-title');
      await row(page, 'SV026').waitFor();
    });
  });

  it('shows no total if the API returns none', async () => {
    for (const student of students(30)) api.save(student);
    api.givesTotal = false;
    await open({}, async page => {
      await view(page, 'Students 1–25');
      await press(page, 'Next');
      await counted(page, 'Students 26–30');
    });
  });

  it('filters by part of a name and by class, as the visitor types', async () => {
    for (const student of [...students(30), SV005]) api.save(student);
    await open({}, async page => {
      await view(page, '1–25 of 30 students');
      await page.getByLabel('Search').fill('PHAM');
      await page.clock.runFor(500);
      await counted(page, '1 student');
      await page.getByLabel('Search').fill('');
      await page.locator('#class-filter').fill('CNTT02');
      await page.clock.runFor(500);
      await counted(page, '15 students');
      await page.getByLabel('Search').fill('nobody');
      await page.clock.runFor(500);
      await page.getByText('No student matches', { exact: true }).waitFor();
    });
  });

  it('says that there is nobody yet', async () => {
    await open({}, async page => {
      await view(page, 'No students');
      await page.getByText('No students yet').waitFor();
    });
  });
});

describe('changing a student', () => {
  it('whose record is incomplete is marked, and repaired by saving it', async () => {
    api.save({ ...SV005, birthdate: '', email: '' }, ['birthdate', 'email']);
    api.save({ ...SV005, studentid: 'SV006' });
    await open({}, async page => {
      await view(page, '2 students');
      const mark = row(page, 'SV005').getByText('Incomplete', { exact: true });
      await mark.waitFor();
      expect(await row(page, 'SV006').getByText('Incomplete', { exact: true }).isVisible()).toBe(false);
      await press(page, 'Edit SV005');
      await fill(page, { birthdate: SV005.birthdate, email: SV005.email });
      await press(page, 'Save');
      await says(page, 'form', 'Saved:');
      await mark.waitFor({ state: 'hidden' });
      expect(api.find('SV005')).toMatchObject(SV005);
    });
  });

  it('sends the version that was seen, and goes back to the row', async () => {
    api.save(SV005);
    await open({}, async page => {
      await view(page, '1 student');
      await press(page, 'Edit SV005');
      await page.getByRole('heading', { name: 'Change \u2068SV005\u2069' }).waitFor();
      expect(await page.getByLabel('Student ID').getAttribute('readonly')).not.toBeNull();
      await fill(page, { name: 'Pham Thi Em' });
      await press(page, 'Save');
      await row(page, 'SV005').getByText('Pham Thi Em').waitFor();
      expect(api.requests[1]).toMatchObject({ method: 'PUT', path: 'students/SV005' });
      expect(api.requests[1]?.headers['if-match']).toBe('"r1"');
      await expect.poll(() => focused(page)).toBe('Edit SV005');
      await page.getByRole('heading', { name: 'New student' }).waitFor();
    });
  });

  it.each([
    { choice: 'Overwrite with mine', name: 'Mine', heading: 'New student' },
    { choice: 'Use the saved version', name: 'Theirs', heading: 'Change \u2068SV005\u2069' },
    { choice: 'Keep editing', name: 'Theirs', heading: 'Change \u2068SV005\u2069' },
  ])('in two tabs at once shows both versions: "$choice"', async ({ choice, name, heading }) => {
    api.save(SV005);
    await open({ expectedErrors: /status of 412/ }, async mine => {
      const theirs = await mine.context().newPage();
      await theirs.goto(mine.url());
      for (const [page, itsName] of [
        [mine, 'Mine'],
        [theirs, 'Theirs'],
      ] as const) {
        await view(page, '1 student');
        await press(page, 'Edit SV005');
        await fill(page, { name: itsName });
      }
      await press(theirs, 'Save');
      await says(theirs, 'form', 'Saved:');
      await press(mine, 'Save');
      const dialog = mine.getByRole('dialog', { name: 'Somebody else saved this student' });
      expect(await dialog.getByRole('row', { name: 'Name' }).innerText()).toMatch(/Theirs\s+Mine/);
      await dialog.getByRole('button', { name: choice }).click();
      await dialog.waitFor({ state: 'hidden' });
      await mine.getByRole('heading', { name: heading }).waitFor();
      await expect.poll(() => api.find('SV005')?.name).toBe(name);
      const shown = { 'Overwrite with mine': '', 'Use the saved version': 'Theirs', 'Keep editing': 'Mine' }[
        choice
      ];
      await expect.poll(() => mine.getByLabel('Name').inputValue()).toBe(shown);
    });
  });

  it('counts as saved when only the answer got lost', async () => {
    api.save(SV005);
    await open({ expectedErrors: /status of 412/ }, async page => {
      await view(page, '1 student');
      await press(page, 'Edit SV005');
      await fill(page, { name: 'Pham Thi Em' });
      api.save({ ...SV005, name: 'Pham Thi Em' });
      await press(page, 'Save');
      await says(page, 'form', 'Saved:');
    });
  });

  it('keeps the entries of a student whom somebody else deleted', async () => {
    api.save(SV005);
    await open({ expectedErrors: /status of 404/ }, async page => {
      await view(page, '1 student');
      await press(page, 'Edit SV005');
      await fill(page, { name: 'Back again' });
      api.remove('SV005');
      await press(page, 'Save');
      await says(page, 'form', 'has been deleted');
      await press(page, 'Save');
      await says(page, 'form', 'Saved:');
      expect(api.find('SV005')?.name).toBe('Back again');
    });
  });

  it('asks before unsaved entries are replaced, and before the page is left', async () => {
    for (const student of students(2)) api.save(student);
    await open({}, async page => {
      await view(page, '2 students');
      await press(page, 'Edit SV001');
      await fill(page, { name: 'Half done' });
      await press(page, 'Edit SV002');
      const dialog = page.getByRole('dialog', { name: 'Discard what you entered?' });
      await dialog.getByRole('button', { name: 'Keep' }).click();
      expect(await page.getByLabel('Name').inputValue()).toBe('Half done');

      const asked = page.waitForEvent('dialog');
      await page.close({ runBeforeUnload: true });
      expect((await asked).type()).toBe('beforeunload');
      await (await asked).dismiss();

      await press(page, 'Cancel');
      await dialog.getByRole('button', { name: 'Discard' }).click();
      await page.getByRole('heading', { name: 'New student' }).waitFor();
      expect(await focused(page)).toBe('Edit SV001');
    });
  });
});

describe('deleting a student', () => {
  it('asks first, then removes the one and goes on to the next row', async () => {
    for (const student of students(3)) api.save(student);
    await open({}, async page => {
      await view(page, '3 students');
      await press(page, 'Delete SV002');
      const dialog = page.getByRole('dialog', { name: 'Delete this student?' });
      expect(await dialog.innerText()).toContain('Student 2');
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'hidden' });
      expect(await focused(page)).toBe('Delete SV002');

      await press(page, 'Delete SV002');
      await dialog.getByRole('button', { name: 'Delete' }).click();
      await counted(page, '2 students');
      await says(page, 'list', 'Deleted: \u2068Student 2\u2069');
      await expect.poll(() => focused(page)).toBe('Edit SV003');
      expect(api.find('SV002')).toBeUndefined();
    });
  });

  it('does not delete what somebody has just changed', async () => {
    api.save(SV005);
    await open({ expectedErrors: /status of 412/ }, async page => {
      await view(page, '1 student');
      api.save({ ...SV005, name: 'Corrected' });
      await press(page, 'Delete SV005');
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await says(page, 'list', 'somebody else changed');
      await row(page, 'SV005').getByText('Corrected').waitFor();
      expect(api.find('SV005')).toBeDefined();
    });
  });

  it('turns back from a last page that has become empty', async () => {
    for (const student of students(26)) api.save(student);
    await open({}, async page => {
      await view(page, '1–25 of 26 students');
      await press(page, 'Next');
      await counted(page, '26–26 of 26 students');
      await press(page, 'Delete SV026');
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
      await counted(page, '25 students');
    });
  });
});
