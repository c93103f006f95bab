/** Columns of a terminal. A longer first cell moves the rest of its row aside; a longer name is cut. */
const WIDEST = 60;

/**
 * A table for people, a line for each row under its titles.
 *
 * @param titles one that begins with `>` is of a column of numbers, aligned on the right
 */
export function tableOf(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const names = titles.map(title => title.replace(/^>/, ''));
  const widths = names.map((name, column) =>
    Math.min(WIDEST, Math.max(name.length, ...rows.map(row => row[column]?.length ?? 0))),
  );
  return [names, ...rows].map(row =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return titles[column]?.startsWith('>') ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

/** Safe to print, whatever a key holds: a terminal obeys control characters. */
export function printable(name: string): string {
  const [...characters] = name.replace(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    character => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return characters.length <= WIDEST ? characters.join('') : `${characters.slice(0, WIDEST - 1).join('')}…`;
}

export const grouped = (count: number) => count.toLocaleString('en-US');
export const counted = (count: number, thing: string) =>
  `${grouped(count)} ${thing}${count === 1 ? '' : 's'}`;

/** A path costs half a cent, so cents are not enough. */
export const dollars = (usd: number) =>
  `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 6 })}`;

/** Between two ISO 8601 times: `7.3 s`. */
export const secondsBetween = (from: string, to: string) =>
  `${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1)} s`;
