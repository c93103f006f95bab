import { type Duration, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { toldUrlProblem } from '../../../shared/planning/told-urls.ts';
import { metadataNameProblem } from '../../../shared/refresh/ignored-metadata.ts';
import type { AutoInvalidationProps, Notify, SiteDistribution } from './auto-invalidation-props.ts';
import {
  LARGEST_BATCH_WITHOUT_WINDOW,
  MAX_NEEDLESS_PURGES,
  MAX_PATHS_PER_MONTH,
  NUMBERS,
  type NumberRange,
} from './numbers.ts';
import { addressProblems, patternProblems, refuse } from './prop-problems.ts';
import { headerNameProblem, siteUrlProblem } from './verification-rules.ts';
import { webhookUrlProblem } from './webhook-url.ts';

/**
 * Refuses what would fail at the deployment, or later in a function. Values that only the
 * deployment knows are left alone.
 *
 * @throws Error naming every prop that is wrong, and the construct
 */
export function checkProps(construct: IConstruct, props: AutoInvalidationProps): void {
  refuse(construct, [
    ...numberProblems(props),
    ...batchProblems(props),
    ...distributionProblems(props.distributions),
    ...notifyProblems(props.notify),
    ...problems('webhook.url', props.webhook?.url, webhookUrlProblem),
    ...emptyProblems('keyPrefixes', props.keyPrefixes),
    ...emptyProblems('excludedKeys', props.excludedKeys),
    ...(props.ignoredMetadata ?? []).flatMap(name => problems('ignoredMetadata', name, metadataNameProblem)),
  ]);
}

function numberProblems(props: AutoInvalidationProps): string[] {
  return [
    ...durationProblems('quietPeriod', 'seconds', props.quietPeriod, NUMBERS.quietSeconds),
    ...rangeProblems('maxLooks', props.maxLooks, NUMBERS.maxLooks),
    ...rangeProblems('batchSize', props.batchSize, NUMBERS.batchSize),
    ...durationProblems('batchWindow', 'seconds', props.batchWindow, NUMBERS.batchWindowSeconds),
    ...rangeProblems('maxCollectors', props.maxCollectors, NUMBERS.maxCollectors),
    ...rangeProblems('pathPriceUsd', props.pathPriceUsd, NUMBERS.pathPriceUsd),
    ...rangeProblems('refetchPriceUsd', props.refetchPriceUsd, NUMBERS.refetchPriceUsd),
    ...rangeProblems('freePathsPerMonth', props.freePathsPerMonth, NUMBERS.freePathsPerMonth),
    ...rangeProblems('maxPathsPerMonth', props.maxPathsPerMonth, MAX_PATHS_PER_MONTH),
    ...rangeProblems('maxNeedlessPurges', props.maxNeedlessPurges, MAX_NEEDLESS_PURGES),
    ...rangeProblems('maxListRequests', props.maxListRequests, NUMBERS.maxListRequests),
    ...durationProblems('quotaPatience', 'minutes', props.quotaPatience, NUMBERS.quotaPatienceMinutes),
    ...durationProblems('watchInterval', 'minutes', props.watchInterval, NUMBERS.watchMinutes),
  ];
}

function rangeProblems(name: string, value: number | undefined, range: NumberRange, unit = ''): string[] {
  if (value === undefined || Token.isUnresolved(value)) return [];
  const fits = value >= range.least && value <= range.most && (!range.whole || Number.isInteger(value));
  return fits ? [] : [`${name} must be ${described(range)}${unit}, not ${value}`];
}

function durationProblems(
  name: string,
  unit: 'seconds' | 'minutes',
  value: Duration | undefined,
  range: NumberRange,
): string[] {
  if (value === undefined || value.isUnresolved()) return [];
  const options = { integral: false };
  const amount = unit === 'seconds' ? value.toSeconds(options) : value.toMinutes(options);
  return rangeProblems(name, amount, range, ` of ${unit}`);
}

function described({ least, most, whole }: NumberRange): string {
  const kind = whole ? 'a whole number' : 'a number';
  return Number.isFinite(most) ? `${kind} from ${least} to ${most}` : `${kind}, at least ${least}`;
}

function batchProblems({ batchSize = 0, batchWindow }: AutoInvalidationProps): string[] {
  const hasWindow =
    batchWindow !== undefined && (batchWindow.isUnresolved() || batchWindow.toMilliseconds() > 0);
  if (hasWindow || Token.isUnresolved(batchSize) || batchSize <= LARGEST_BATCH_WITHOUT_WINDOW) return [];
  return [`batchSize above ${LARGEST_BATCH_WITHOUT_WINDOW} needs a batchWindow`];
}

/** Their ids fit in the environment of a function. An account has no more by default. */
const MOST_DISTRIBUTIONS = 200;

function distributionProblems(distributions: readonly SiteDistribution[]): string[] {
  if (distributions.length === 0) return ['distributions must name at least one'];
  if (distributions.length > MOST_DISTRIBUTIONS)
    return [`distributions must name at most ${MOST_DISTRIBUTIONS}, not ${distributions.length}`];
  const different = new Set(distributions.map(({ distribution }) => distribution));
  return [
    ...(different.size < distributions.length ? ['distributions must name each distribution once'] : []),
    ...distributions.flatMap((site, index) => siteProblems(`distributions[${index}]`, site)),
  ];
}

function siteProblems(
  name: string,
  { url, urls = {}, spaFallback, verify = true, verificationHeaders = {} }: SiteDistribution,
): string[] {
  const headers = Object.keys(verificationHeaders);
  const isUnused = !verify && headers.length > 0;
  return [
    ...problems(`${name}.url`, url, siteUrlProblem),
    ...urlsProblems(`${name}.urls`, urls),
    ...patternProblems(`${name}.spaFallback`, spaFallback, /^[^/]/, 'be the key of an object'),
    ...headers.flatMap(header => problems(`${name}.verificationHeaders:`, header, headerNameProblem)),
    ...repeated(headers).map(header => `${name}.verificationHeaders names ${header} twice`),
    ...(isUnused ? [`${name}.verificationHeaders have no effect with verify: false`] : []),
  ];
}

function urlsProblems(name: string, urls: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(urls).flatMap(([keys, paths]) =>
    paths.flatMap(path => {
      const problem = toldUrlProblem(keys, path);
      return problem === undefined ? [] : [`${name}: ${problem}`];
    }),
  );
}

/** @param check returns what is wrong with a string, or undefined */
function problems(
  name: string,
  text: string | undefined,
  check: (text: string) => string | undefined,
): string[] {
  const problem = text === undefined || Token.isUnresolved(text) ? undefined : check(text);
  return problem === undefined ? [] : [`${name} ${problem}`];
}

/** Names of headers that are there in two spellings. */
function repeated(headers: readonly string[]): string[] {
  const names = headers.map(header => header.toLowerCase());
  return [...new Set(names.filter((name, index) => names.indexOf(name) < index))];
}

function notifyProblems({ emails, mail, from, region }: Notify): string[] {
  if (mail === undefined) {
    if (emails === undefined) return ['notify needs either emails or mail'];
    return addressProblems('notify.emails', emails);
  }
  const unused = Object.entries({ emails, from, region }).filter(([, value]) => value !== undefined);
  return unused.map(([name]) => `notify.${name} has no effect beside notify.mail, which has its own`);
}

function emptyProblems(name: string, texts: readonly string[] = []): string[] {
  return texts.includes('') ? [`${name} must not hold an empty string`] : [];
}
