/// <reference lib="dom" />

const relativeTime = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const exactTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
const clockTime = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' });

const UNITS = [
  { unit: 'year', seconds: 31_536_000 },
  { unit: 'month', seconds: 2_592_000 },
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
] as const;

const EDGE_ANSWERS: Readonly<Record<string, string>> = {
  Hit: 'from the copy near you',
  Miss: 'fetched from the bucket',
  RefreshHit: 'copy confirmed by the bucket',
  Error: 'the edge reported an error',
};

/** "2 minutes ago". A time in the future counts as now: the visitor's clock may be slow. */
export function timeAgo(moment: Date, now: Date): string {
  const seconds = (now.getTime() - moment.getTime()) / 1000;
  const fitting = UNITS.find(unit => seconds >= unit.seconds);
  return fitting ? relativeTime.format(-Math.floor(seconds / fitting.seconds), fitting.unit) : 'just now';
}

/** "22 Nov 2026, 07:40" in the visitor's time zone. */
export function dateAndTime(moment: Date): string {
  return exactTime.format(moment);
}

/** "07:40:12" in the visitor's time zone. */
export function timeOfDay(moment: Date): string {
  return clockTime.format(moment);
}

/** Explains a word of the `X-Cache` header. */
export function edgeMeaning(edge: string | undefined, keptSeconds: number | undefined): string {
  const meaning = edge === undefined ? '' : (EDGE_ANSWERS[edge] ?? '');
  return keptSeconds === undefined || edge === 'Miss' ? meaning : `${meaning}, kept ${duration(keptSeconds)}`;
}

function duration(seconds: number): string {
  const fitting = UNITS.find(unit => seconds >= unit.seconds);
  const amount = fitting ? Math.floor(seconds / fitting.seconds) : seconds;
  return new Intl.NumberFormat('en', {
    style: 'unit',
    unit: fitting?.unit ?? 'second',
    unitDisplay: 'short',
  }).format(amount);
}

const DATE_PARTS = /^(\d{4})-(\d{2})-(\d{2})$/;
const calendarDate = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' });

/** "5 May 2001" for 2001-05-05; any other string unchanged. */
export function calendarDay(date: string): string {
  return DATE_PARTS.test(date) && !Number.isNaN(Date.parse(date))
    ? calendarDate.format(new Date(date))
    : date;
}

const UNITS_OF_SIZE = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** "12 kB": powers of a thousand. */
export function fileSize(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS_OF_SIZE.length - 1);
  return new Intl.NumberFormat('en', {
    style: 'unit',
    unit: UNITS_OF_SIZE[power] ?? 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: power === 0 ? 0 : 1,
  }).format(bytes / 1000 ** power);
}

/** "1 student", "1,204 students". */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : plural}`;
}

/** "4.2 s", "3 min 20 s", "2 h 5 min". */
export function elapsed(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 100) / 10;
  if (seconds < 60) return `${seconds.toLocaleString('en')} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes} min ${Math.floor(seconds % 60)} s`
    : `${Math.floor(minutes / 60).toLocaleString('en')} h ${minutes % 60} min`;
}

const money = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD', maximumFractionDigits: 3 });

/** "$1.50"; up to three decimals, because CloudFront charges $0.005 per path. */
export function dollars(amount: number): string {
  return money.format(amount);
}

const monthOfYear = new Intl.DateTimeFormat('en-GB', { month: 'long', timeZone: 'UTC' });

/** "November" for 2026-11. */
export function monthName(month: string): string {
  return monthOfYear.format(new Date(month));
}

/** Data inside a sentence, isolated so that it cannot change the sentence's reading direction. */
export function isolated(data: string): string {
  return `\u2068${data}\u2069`;
}
