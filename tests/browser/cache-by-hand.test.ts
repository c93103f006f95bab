import { describe, expect, it } from 'vitest';
import { pathsField, servedPanel, summary } from './cache-panel.ts';
import { refusal } from './scripted-answer.ts';
import { ASKED_ID, refreshOf } from './scripted-refreshes.ts';
import { focused, passTime, press, says } from './site.ts';

const { api, refreshes, openPanel } = servedPanel();

describe('A manual refresh', () => {
  it('shows its cost, asks for confirmation, and follows the refresh that takes it', async () => {
    refreshes.useMonth({ paths: 999 });
    await openPanel(async page => {
      await summary(page, 'Nothing to refresh yet');
      await pathsField(page).fill('/docs/*\n/index.html\n');
      await press(page, 'Refresh these paths');
      const dialog = page.getByRole('dialog', { name: 'Refresh 2 paths?' });
      expect(await dialog.innerText()).toMatch(
        /1 of November's 1,000 free paths is left: this costs up to \$0\.005\./,
      );
      await dialog.getByRole('button', { name: 'Refresh' }).click();

      await page.getByRole('heading', { name: '2 paths by hand' }).waitFor();
      expect(page.url()).toContain(`#${ASKED_ID}`);
      const asked = api.requests.filter(({ method }) => method === 'POST');
      expect(asked).toMatchObject([{ path: 'refreshes', body: { paths: ['/docs/*', '/index.html'] } }]);
      refreshes.set(refreshOf({ id: ASKED_ID, requestedPaths: ['/docs/*', '/index.html'], changeCount: 0 }));
      await passTime(page, () => page.getByRole('heading', { name: '2 paths by hand, fresh' }).isVisible());
    });
  });

  it('of everything says that every object is fetched again, and does nothing when cancelled', async () => {
    await openPanel(async page => {
      await press(page, 'Refresh everything');
      const dialog = page.getByRole('dialog', { name: 'Refresh everything?' });
      await dialog.getByText('Every object is fetched from the bucket again').waitFor();
      await page.keyboard.press('Escape');
      await press(page, 'Refresh everything');
      await dialog.getByRole('button', { name: 'Cancel' }).click();
      expect(api.requests.filter(({ method }) => method === 'POST')).toEqual([]);
    });
  });

  it('checks paths while they are typed, and sends none that CloudFront would refuse', async () => {
    await openPanel(async page => {
      await press(page, 'Refresh these paths');
      await page.getByText('Enter at least one path').waitFor();
      await pathsField(page).fill('/ok\nnăm.html');
      await page.getByText('Line 2: it must begin with /. Try /n%C4%83m.html.').waitFor();
      await press(page, 'Refresh these paths');
      expect(await focused(page)).toBe('paths');
      await pathsField(page).fill('/ok\n/n%C4%83m.html');
      await page.getByText('2 paths. 877 of').waitFor();
      expect(await pathsField(page).getAttribute('aria-invalid')).toBe('false');
    });
  });

  it.each([
    {
      answer: refusal(429, 'TooManyRefreshes', "Today's 500 paths asked for by hand are used up."),
      words: "Today's 500 paths asked for by hand are used up. Uploads are still refreshed automatically.",
    },
    {
      answer: refusal(400, 'ValidationFailed', 'Check the paths.', [{ field: 'paths[0]', message: 'bad' }]),
      words: 'Check the paths.',
    },
    { answer: refusal(500, 'Internal', 'Something failed.'), words: 'The service failed (500). Try again.' },
  ])('that is refused keeps what was typed: $answer.status', async ({ answer, words }) => {
    await openPanel(
      async page => {
        await summary(page, 'Nothing to refresh yet');
        await pathsField(page).fill('/index.html');
        await press(page, 'Refresh these paths');
        api.answerNext(answer);
        await page.getByRole('dialog').getByRole('button', { name: 'Refresh' }).click();
        await says(page, 'form', words);
        expect(await pathsField(page).inputValue()).toBe('/index.html');
      },
      { expectedErrors: /status of \d{3}/ },
    );
  });
});
