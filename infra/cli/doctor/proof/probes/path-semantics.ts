import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { isDenied, isServiceError } from '../../aws-errors.ts';
import { confirmed, type Finding, type Findings, untestable } from '../../finding.ts';
import { judgePurged, judgeQueryString, type PathCase } from '../judge-paths.ts';
import { judgeSharing } from '../judge-views.ts';
import { keyedParameter } from '../keyed-parameter.ts';
import type { Probe, Trial } from '../trial.ts';
import { contentOf } from '../trial-files.ts';
import { BROWSER, BROWSER_HEAD, STORED, type Warmed } from '../viewer.ts';

const FOLDER = 'paths/';
const CONTROL = 'alone.txt';
const INSIDE = 'in-side.txt';
const ACCENTED = 'café.txt';
/** Browsers send all of these raw, RFC 1738 leaves them alone, and so do invalidation paths. */
const SAFE = 'safe!$&(),;=@.txt';
const NAMES = [CONTROL, INSIDE, ACCENTED, SAFE, 'a b.txt', 'star-1.txt', 'tilde~.txt'];

/**
 * What invalidation paths purge, apart from the pipeline: invalidations of the doctor's own, and
 * the next answer of each URL.
 */
export const pathSemantics: Probe = {
  name: 'what paths purge',
  asksEdge: true,
  // A path for each new file, and those of three invalidations.
  cost: { files: NAMES.length + 1, paths: NAMES.length + 1 + 8 },
  async *run(trial) {
    const { files, refreshes, site } = trial;
    const hasVariants = site.distribution.urls.cachesQueryStrings;
    // The folder itself has a page, too, where it has variants.
    const names = hasVariants ? [...NAMES, ''] : NAMES;
    const stored = await files.putAll(
      names.map(name => `${FOLDER}${name}`),
      contentOf,
    );
    await refreshes.follow(stored.map(({ key }) => key));
    yield* purge(trial);
    yield* shareEntries(trial);
    yield await purgeInside(trial);
    yield await (hasVariants ? purgeVariants(trial) : askWithQuery(trial));
    yield ROUTES;
  },
};

function casesOf({ files, site }: Trial): PathCase[] {
  const at = (name: string) => files.pathOf(`${FOLDER}${name}`);
  const exact = (name: string) => ({ url: at(name), path: at(name), isPurged: true });
  const root = { about: 'the path / purges the default root object', url: '/', path: '/', isPurged: true };
  return [
    { about: 'an exact path purges a name with é', ...exact(ACCENTED) },
    { about: 'an exact path purges a name with a space', ...exact('a b.txt') },
    { about: 'an exact path purges a name with characters that stay raw', ...exact(SAFE) },
    {
      about: 'an exact path purges it, too, where its URL escapes them',
      url: files.escapedPathOf(`${FOLDER}${SAFE}`),
      path: at(SAFE),
      isPurged: true,
    },
    {
      about: 'a wildcard purges what begins with it',
      url: at('star-1.txt'),
      path: at('star*'),
      isPurged: true,
    },
    {
      about: 'a wildcard that ends before a doubtful character purges the name',
      url: at('tilde~.txt'),
      path: at('tilde*'),
      isPurged: true,
    },
    { about: 'paths leave other files alone', url: at(CONTROL), isPurged: false },
    ...(site.distribution.urls.rootObject === '' ? [] : [root]),
  ];
}

/** All in one invalidation. */
async function* purge({ viewer, invalidations, ...trial }: Trial): Findings {
  const cases = casesOf({ viewer, invalidations, ...trial });
  const warmed: Warmed[] = [];
  for (const { url } of cases) warmed.push(await viewer.warm(url, BROWSER));
  await invalidations.complete([...new Set(cases.flatMap(({ path = [] }) => path))]);
  for (const [index, each] of cases.entries()) {
    const before = warmed[index];
    if (before !== undefined) yield judgePurged(each, before, await viewer.view(each.url, BROWSER));
  }
}

/**
 * Which variants share an entry, by one file whose variants were all purged a moment ago. Nobody
 * else asks for it: after an upload, verification would ask for several variants itself.
 */
async function* shareEntries({ files, viewer }: Trial): Findings {
  const path = files.pathOf(`${FOLDER}${ACCENTED}`);
  const browser = await viewer.warm(path, BROWSER);
  const forms = { about: 'compressed and stored form have entries of their own', expected: 'apart' } as const;
  const stored = await viewer.view(path, STORED);
  yield browser.first.compression === ''
    ? { about: forms.about, ...untestable('the edge does not compress: there is one form') }
    : judgeSharing(forms, browser, stored);
  const methods = { about: 'HEAD is answered from the entry of GET', expected: 'together' } as const;
  yield judgeSharing(methods, browser, await viewer.view(path, BROWSER_HEAD));
}

/** A `*` counts at the end alone. CloudFront may also refuse any other. */
async function purgeInside({ files, viewer, invalidations }: Trial): Promise<Finding> {
  const about = 'a * inside a path is no wildcard';
  const url = files.pathOf(`${FOLDER}${INSIDE}`);
  const path = files.pathOf(`${FOLDER}in*side.txt`);
  const warmed = await viewer.warm(url, BROWSER);
  try {
    await invalidations.complete([path]);
  } catch (error) {
    if (!isServiceError(error) || isDenied(error)) throw error;
    return { about, ...confirmed(`CloudFront refuses ${path}: ${error.name}`) };
  }
  return judgePurged({ about, url, path, isPurged: false }, warmed, await viewer.view(url, BROWSER));
}

async function askWithQuery({ files, viewer }: Trial): Promise<Finding> {
  const url = files.pathOf(`${FOLDER}${CONTROL}`);
  const warmed = await viewer.warm(url, BROWSER);
  return judgeQueryString(warmed, await viewer.view(`${url}?doctor=1`, BROWSER));
}

/** The variants of a folder's page need a path of their own: `/docs/?*`. */
async function purgeVariants({ stack, site, files, viewer, invalidations }: Trial): Promise<Finding> {
  const about = 'the path /folder/?* purges variants by query string';
  const parameter = await keyedParameter(new CloudFrontClient(stack.client), site.distribution.id);
  if (parameter === undefined)
    return { about, ...untestable('the default behaviour keeps none: another one does') };
  const folder = files.pathOf(FOLDER);
  const url = `${folder}?${parameter}=1`;
  const path = `${folder}?*`;
  const warmed = await viewer.warm(url, BROWSER);
  await invalidations.complete([path]);
  return judgePurged({ about, url, path, isPurged: true }, warmed, await viewer.view(url, BROWSER));
}

const ROUTES: Finding = {
  about: 'an application’s routes are fresh after its page is',
  ...untestable('the page that stands for missing files would have to change, and it is not the doctor’s'),
};
