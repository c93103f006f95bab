/** When a schedule is due next. @param after milliseconds since the epoch */
export type Schedule = (after: number) => number;

const UNIT_MS = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };
const DAY_MS = UNIT_MS.day;
/** February 29 may be eight years away; days such as February 30 never come. */
const SEARCH_DAYS = 366 * 9;

/**
 * `rate(5 minutes)` or `cron(0 2 * * ? *)`, in UTC.
 *
 * @throws Error for an expression that EventBridge would refuse, or whose part is not emulated
 * (`L`, `W`, `#`)
 */
export function parseSchedule(expression: string): Schedule {
  const rate = /^rate\((\d+) (minute|hour|day)(s?)\)$/.exec(expression);
  if (rate !== null) {
    const [, count, unit, plural] = rate;
    // EventBridge insists on grammar: `1 minute`, `2 minutes`.
    if (Number(count) < 1 || (Number(count) === 1) === (plural === 's')) throw invalid(expression);
    return after => after + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  }
  const fields = /^cron\(([^()]+)\)$/.exec(expression)?.[1]?.trim().split(/\s+/);
  if (fields?.length !== 6) throw invalid(expression);
  return cron(fields, expression);
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

function cron(fields: readonly string[], expression: string): Schedule {
  const [
    minuteField = '',
    hourField = '',
    dayField = '',
    monthField = '',
    weekdayField = '',
    yearField = '',
  ] = fields;
  const values = (field: string, first: number, last: number, names: readonly string[] = []) =>
    valuesOf(field, { first, last, names }, expression);
  const minutes = [...values(minuteField, 0, 59)].sort((a, b) => a - b);
  const hours = [...values(hourField, 0, 23)].sort((a, b) => a - b);
  if ((dayField === '?') === (weekdayField === '?')) throw invalid(expression);
  const days = dayField === '?' ? undefined : values(dayField, 1, 31);
  const weekdays = weekdayField === '?' ? undefined : values(weekdayField, 1, 7, WEEKDAYS);
  const months = values(monthField, 1, 12, MONTHS);
  const years = values(yearField, 1970, 2199);

  const isOn = (date: Date) =>
    years.has(date.getUTCFullYear()) &&
    months.has(date.getUTCMonth() + 1) &&
    (days?.has(date.getUTCDate()) ?? true) &&
    (weekdays?.has(date.getUTCDay() + 1) ?? true);

  return after => {
    const today = Math.floor(after / DAY_MS) * DAY_MS;
    for (let ahead = 0; ahead < SEARCH_DAYS; ahead++) {
      const day = today + ahead * DAY_MS;
      if (!isOn(new Date(day))) continue;
      const due = hours
        .flatMap(hour => minutes.map(minute => day + hour * UNIT_MS.hour + minute * UNIT_MS.minute))
        .find(time => time > after);
      if (due !== undefined) return due;
    }
    return Number.POSITIVE_INFINITY;
  };
}

interface Range {
  readonly first: number;
  readonly last: number;
  readonly names: readonly string[];
}

function valuesOf(field: string, range: Range, expression: string): Set<number> {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [, from = '', to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
    const first = from === '*' ? range.first : numberOf(from, range);
    const last = lastOf(first, { from, to, step }, range);
    const every = Number(step ?? 1);
    if (first === undefined || last === undefined || last < first || every < 1)
      throw invalid(expression, part);
    for (let value = first; value <= last; value += every) values.add(value);
  }
  return values;
}

function lastOf(
  first: number | undefined,
  { from, to, step }: { from: string; to: string | undefined; step: string | undefined },
  range: Range,
): number | undefined {
  if (to !== undefined) return numberOf(to, range);
  return from === '*' || step !== undefined ? range.last : first;
}

function numberOf(text: string, { first, last, names }: Range): number | undefined {
  const named = names.indexOf(text.toUpperCase());
  const value = named < 0 ? Number(/^\d+$/.exec(text)?.[0]) : named + first;
  return value >= first && value <= last ? value : undefined;
}

function invalid(expression: string, part?: string): Error {
  const what = part === undefined ? '' : `: ${part}`;
  return new Error(`The schedule ${expression} is invalid or not emulated${what}`);
}
