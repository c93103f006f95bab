import { describe, expect, it } from 'vitest';
import { press, row, SV005, servedSite, view } from './site.ts';

const { api, open, edge } = servedSite();

describe('hostile data', () => {
  const script = '<img src=x onerror="document.title=\'broken\'"><script>document.title="broken"</script>';
  it.each([
    { kind: 'markup', name: script },
    { kind: 'right to left', name: '\u202eمرحبا بالعالم\u202d' },
    { kind: '4-byte letters', name: '𠮷野家 👩🏽‍🎓' },
    { kind: 'a very long word', name: 'W'.repeat(5000) },
  ])('is shown as the text it is: $kind', async ({ name }) => {
    api.save({ ...SV005, name });
    for (const width of [320, 1280]) {
      await open({ viewport: { width, height: 800 } }, async page => {
        await view(page, '1 student');
        expect(await row(page, 'SV005').locator('[data-field=name]').textContent()).toBe(name);
        await press(page, 'Delete SV005');
        expect(await page.locator('#confirm-text').textContent()).toContain(name);
        await page.keyboard.press('Escape');
        await press(page, 'Edit SV005');
        expect(await page.getByLabel('Name').inputValue()).toBe(name);
        expect(await page.title()).toBe('Student Management · School office');
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        expect(edge.requests).not.toContain('GET /x');
      });
    }
  });
});
