import cliTruncate from 'cli-truncate';

/** Columns that a name takes at most. */
const LONGEST_NAME = 60;

/** A short name that is safe to print: a terminal obeys control characters, which keys may hold. */
export function printable(name: string): string {
  return cliTruncate(
    name.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, character => `\\u{${character.codePointAt(0)?.toString(16)}}`),
    LONGEST_NAME,
  );
}

/** `1,200`. */
export const grouped = (count: number) => count.toLocaleString('en-US');
/** `1 path`, `2 paths`. */
export const counted = (count: number, thing: string, things = `${thing}s`) =>
  `${grouped(count)} ${count === 1 ? thing : things}`;

/** A path costs half a cent, so cents are not enough. */
export const dollars = (usd: number) =>
  `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 6 })}`;

/** Between two ISO 8601 times: `7.3 s`. */
export const secondsBetween = (from: string, to: string) =>
  `${((Date.parse(to) - Date.parse(from)) / 1000).toFixed(1)} s`;

/** An ISO 8601 time for people: `2026-11-22 08:19:53`. */
export const moment = (at: string) => at.slice(0, 19).replace('T', ' ');

export const capitalised = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
