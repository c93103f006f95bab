import {
  errorPageWords,
  type KeptErrorPages,
  MAX_WAIT_SECONDS,
} from '../../../shared/refresh/kept-error-pages.ts';
import type { Behaviour } from '../../../shared/sites/description.ts';
import { type Column, tableOf } from '../terminal/table.ts';
import type { Page } from '../terminal/terminal.ts';
import { capitalised, counted, grouped, printable } from '../terminal/words.ts';
import type { PlannedSite } from './plan-site.ts';

const COLUMNS: readonly Column[] = [
  { title: 'Behaviour', wraps: true },
  { title: 'Shows', wraps: true },
  { title: 'Kept at most', align: 'right', leftOut: 2 },
  { title: 'Also', wraps: true, leftOut: 1 },
];

const MOST_NAMES = 3;

/** How a distribution shows the bucket: above its plan. */
export function describeSite({ bucket, description }: PlannedSite, page: Page): string[] {
  const { domainName, behaviours, errorResponses } = description;
  const pages = errorResponses
    .filter(({ pagePath }) => pagePath !== '')
    .map(
      ({ errorCode, responseCode, pagePath, minTtlSeconds }) =>
        `${pagePath} with ${responseCode} for ${errorCode}, kept at least ${lasting(minTtlSeconds)}`,
    );
  return [
    `${domainName === '' ? 'The distribution' : domainName} shows the bucket ${bucket}:`,
    ...tableOf(COLUMNS, behaviours.map(rowOf), page),
    ...(pages.length === 0 ? [] : [`Error pages: ${pages.join('; ')}`]),
    '',
  ];
}

function rowOf({ pathPattern, originPaths, origin, ...behaviour }: Behaviour): string[] {
  const shown = originPaths.map(path => (path === '' ? 'the bucket' : `the bucket's ${path.slice(1)}/`));
  return [
    pathPattern,
    shown.length === 0 ? `another origin, ${origin}` : shown.join(' or '),
    behaviour.caching.maxTtlSeconds === 0 ? 'not at all' : lasting(behaviour.caching.maxTtlSeconds),
    notesOn(behaviour).join(', '),
  ];
}

function notesOn({
  caching,
  functions,
  isSigned,
  responseHeaders: { set, removed },
}: Pick<Behaviour, 'caching' | 'functions' | 'isSigned' | 'responseHeaders'>): string[] {
  return [
    ...(caching.queryStrings ? ['variants by query string'] : []),
    ...functions.map(({ event, arn }) => `${event} ${arn.slice(arn.lastIndexOf('function') + 9)}`),
    ...(isSigned ? ['signed URLs'] : []),
    ...set.map(({ name, value }) => `${name}: ${value}`),
    ...removed.map(name => `no ${name}`),
  ];
}

/** What a change of error pages costs. */
export function describeErrorPages(pages: KeptErrorPages | undefined): string[] {
  if (pages === undefined) return [];
  return [
    '',
    `${capitalised(errorPageWords(pages))}. Once it has verified a page that is kept for ${MAX_WAIT_SECONDS} s at most, the pipeline waits instead.`,
  ];
}

/** What is not known of the site, and changed files that it does not show: below its plan. */
export function describeDoubts({ notKnown }: PlannedSite, outside: readonly string[]): string[] {
  return [
    ...(outside.length === 0 ? [] : ['', outsideOf(outside)]),
    '',
    ...(notKnown.length === 0
      ? ["All URLs of the bucket's objects are known."]
      : ["Not known about the site's URLs:", ...notKnown.map(sentence => `- ${sentence}`)]),
  ];
}

function outsideOf(keys: readonly string[]): string {
  const hidden = keys.length - MOST_NAMES;
  const names = keys.slice(0, MOST_NAMES).map(printable).join(', ');
  const more = hidden > 0 ? ` and ${grouped(hidden)} more` : '';
  return `Outside of what the distribution shows: ${counted(keys.length, 'changed file')}: ${names}${more}`;
}

const UNITS = [
  { seconds: 86_400, unit: 'day' },
  { seconds: 3600, unit: 'hour' },
  { seconds: 60, unit: 'minute' },
];

/** `365 days`, `90 seconds`. */
function lasting(seconds: number): string {
  const whole = UNITS.find(each => seconds >= each.seconds && seconds % each.seconds === 0);
  return whole === undefined ? counted(seconds, 'second') : counted(seconds / whole.seconds, whole.unit);
}
