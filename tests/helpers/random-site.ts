import fc from 'fast-check';
import type { Website } from '../../shared/sites/description.ts';
import { behaviour } from '../local/cloudfront/site.ts';

/** A site as CloudFormation has it, and what its owner told. */
export interface RandomSite {
  readonly config: SiteConfig;
  readonly cachePolicies: ReadonlyMap<string, unknown>;
  readonly functions: ReadonlyMap<string, unknown>;
  /** What a function of Lambda@Edge makes of URIs on their way to the bucket. */
  readonly atOrigin: ((uri: string) => string) | undefined;
  readonly urls: Readonly<Record<string, readonly string[]>> | undefined;
  /** Present if the bucket is shown as a website. */
  readonly website: Website | undefined;
  /** What the bucket answers where there is no object: 403 if it may not be listed. */
  readonly missing: 403 | 404;
}

interface SiteConfig extends Record<string, unknown> {
  readonly CacheBehaviors: readonly object[];
  readonly DefaultCacheBehavior: object;
}

/** One kind of function, and what it does in the words of the option `urls`. */
interface Rewrite {
  readonly rewrite: (uri: string) => string;
  /** Where visitors are sent first. */
  readonly redirect?: (uri: string) => string | undefined;
  /** @param folder what the origin path puts before the keys, such as `v1/` */
  readonly urls: (folder: string) => Record<string, readonly string[]>;
}

const REWRITES = {
  /** `/about` shows about.html. */
  pages: {
    rewrite: uri => (/[.]|[/]$/.test(uri) ? uri : `${uri}.html`),
    urls: folder => ({ [`${folder}*.html`]: ['/$1'] }),
  },
  /** `/docs/` shows docs/index.html. */
  folders: {
    rewrite: uri => (uri.endsWith('/') ? `${uri}index.html` : uri),
    urls: folder => ({ [`${folder}index.html`]: ['/'], [`${folder}*/index.html`]: ['/$1/'] }),
  },
  /** The same for both, and visitors of the files' own names are sent there. */
  pretty: {
    redirect: uri => (uri.endsWith('.html') ? uri.replace(/index[.]html$|[.]html$/, '') : undefined),
    rewrite: uri => (uri.endsWith('/') ? `${uri}index.html` : uri.includes('.') ? uri : `${uri}.html`),
    urls: folder => ({
      [`${folder}index.html`]: ['/'],
      [`${folder}*/index.html`]: ['/$1/'],
      [`${folder}*.html`]: ['/$1'],
    }),
  },
  /** Every URL that names no file shows index.html. */
  application: {
    rewrite: uri => (uri.includes('.') ? uri : '/index.html'),
    urls: folder => ({ [`${folder}index.html`]: ['/*'] }),
  },
  /** `/` shows the page of a language. */
  language: {
    rewrite: uri => (uri === '/' ? '/en/index.html' : uri),
    urls: folder => ({ [`${folder}en/index.html`]: ['/'] }),
  },
  /** `/docs/about.html` shows about.html. */
  prefix: {
    rewrite: uri => uri.replace(/^[/]docs/, ''),
    urls: folder => ({ [`${folder}*`]: ['/docs/$1'] }),
  },
} satisfies Record<string, Rewrite>;
type RewriteName = keyof typeof REWRITES;

const FUNCTION_ARN = 'arn:aws:cloudfront::000000000000:function/rewrite';
const LAMBDA_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:rewrite:1';

const functionOf = ({ rewrite, redirect = () => undefined }: Rewrite) => ({
  Name: 'rewrite',
  AutoPublish: true,
  FunctionCode: `function handler(event) {
    var request = event.request;
    var location = (${redirect})(request.uri);
    if (location) return { statusCode: 301, headers: { location: { value: location } } };
    request.uri = (${rewrite})(request.uri);
    return request;
  }`,
  FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
});

const anySelection = (name: string) =>
  fc.constantFrom({ behavior: 'none' }, { behavior: 'all' }, { behavior: 'whitelist', names: [name] });

const anyCachePolicy = fc
  .record({
    ttls: fc.constantFrom([0, 0, 31_536_000], [1, 86_400, 31_536_000], [0, 86_400, 86_400], [0, 60, 300]),
    isCompressed: fc.boolean(),
    query: anySelection('v'),
    cookies: anySelection('c'),
    hasLanguage: fc.boolean(),
  })
  .map(({ ttls: [MinTTL, DefaultTTL, MaxTTL], isCompressed, query, cookies, hasLanguage }) => ({
    Name: 'policy',
    MinTTL,
    DefaultTTL,
    MaxTTL,
    ParametersInCacheKeyAndForwardedToOrigin: {
      EnableAcceptEncodingGzip: isCompressed,
      EnableAcceptEncodingBrotli: isCompressed,
      QueryStringsConfig: {
        QueryStringBehavior: query.behavior,
        ...('names' in query ? { QueryStrings: query.names } : {}),
      },
      HeadersConfig: hasLanguage
        ? { HeaderBehavior: 'whitelist', Headers: ['x-language'] }
        : { HeaderBehavior: 'none' },
      CookiesConfig: {
        CookieBehavior: cookies.behavior,
        ...('names' in cookies ? { Cookies: cookies.names } : {}),
      },
    },
  }));

export const ORIGIN_PATHS = ['', '/v1', '/v2'] as const;
type OriginId = 'first' | 'second' | 'other';

const anyErrorResponses = fc.constantFrom(
  [],
  [{ ErrorCode: 404, ErrorCachingMinTTL: 30 }],
  [403, 404].map(ErrorCode => ({ ErrorCode, ResponseCode: '200', ResponsePagePath: '/index.html' })),
  [403, 404].map(ErrorCode => ({
    ...{ ErrorCode, ResponseCode: '404', ResponsePagePath: '/404.html' },
    ErrorCachingMinTTL: 300,
  })),
);

const anyWebsite: fc.Arbitrary<Website> = fc.record(
  {
    indexDocument: fc.constantFrom('index.html', 'index.htm'),
    errorDocument: fc.constantFrom('404.html', 'v1/404.html'),
  },
  { requiredKeys: ['indexDocument'] },
);

/** Behaviours beside the default one, whose patterns overlap. */
const anyFurther = fc.uniqueArray(
  fc.record({
    pattern: fc.constantFrom('/docs/*', '/img/*', '*.txt', 'en/*', '/a?out*'),
    origin: fc.constantFrom<OriginId>('first', 'second', 'other'),
    policy: fc.nat(1),
  }),
  { selector: ({ pattern }) => pattern, maxLength: 3 },
);

/** A distribution from a small grammar, whose function's mapping is told. */
export const anySite: fc.Arbitrary<RandomSite> = fc
  .record({
    paths: fc.constantFrom<Choices['paths']>(['', ''], ['/v1', '/v1'], ['/v1', '/v2'], ['', '/v1']),
    policies: fc.tuple(anyCachePolicy, anyCachePolicy),
    further: anyFurther,
    rewrite: fc.option(fc.constantFrom(...rewriteNames()), { nil: undefined, freq: 3 }),
    // Mostly, because a function at the edge takes a millisecond.
    isAtOrigin: fc.constantFrom(true, true, true, false),
    website: fc.option(anyWebsite, { nil: undefined, freq: 3 }),
    rootObject: fc.constantFrom('', 'index.html'),
    errors: anyErrorResponses,
    missing: fc.constantFrom<403 | 404>(403, 404),
  })
  .map(siteOf);

function rewriteNames(): RewriteName[] {
  return Object.keys(REWRITES).filter((name): name is RewriteName => name in REWRITES);
}

interface Choices {
  readonly paths: readonly [first: string, second: string];
  readonly policies: readonly unknown[];
  readonly further: readonly {
    readonly pattern: string;
    readonly origin: OriginId;
    readonly policy: number;
  }[];
  readonly rewrite: RewriteName | undefined;
  readonly isAtOrigin: boolean;
  readonly website: Website | undefined;
  readonly rootObject: string;
  readonly errors: readonly object[];
  readonly missing: 403 | 404;
}

function siteOf({ paths: chosen, policies, further, rewrite, isAtOrigin, ...choices }: Choices): RandomSite {
  const name = rewrite;
  const made: Rewrite | undefined = name === undefined ? undefined : REWRITES[name];
  // A pattern for the whole bucket would cover the other folder, too.
  const [first, second] = chosen;
  const paths = made !== undefined && first === '' ? ([first, first] as const) : ([first, second] as const);
  const behaviours = behavioursOf(further, name);
  const shown = behaviours.filter(({ origin }) => origin !== 'other');
  // The origin is asked for the root object already, and never for `/`.
  const isRootShown = name !== 'language' || choices.rootObject === '';
  const mayBeAtOrigin =
    isRootShown && made?.redirect === undefined && shown.every(({ isRewritten }) => isRewritten);
  const atOrigin = isAtOrigin && mayBeAtOrigin ? made?.rewrite : undefined;
  const configs = behaviours.map(each =>
    behaviourOf(each, made === undefined ? 'none' : atOrigin ? 'lambda' : 'function'),
  );
  const rewritten = new Set(behaviours.filter(({ isRewritten }) => isRewritten).map(({ origin }) => origin));
  const folders = paths.filter((_, index) => rewritten.has(index === 0 ? 'first' : 'second'));
  // Of one that is a website, a function would have to leave folders alone.
  const website = made === undefined ? choices.website : undefined;
  const bucket = `site-bucket.s3${website === undefined ? '.' : '-website-'}us-east-1.amazonaws.com`;
  return {
    config: {
      Enabled: true,
      DefaultRootObject: choices.rootObject,
      Origins: [
        originOf('first', bucket, paths[0]),
        originOf('second', bucket, paths[1]),
        originOf('other', 'other.example.com', ''),
      ],
      CacheBehaviors: configs.slice(0, -1),
      DefaultCacheBehavior: configs.at(-1) ?? {},
      CustomErrorResponses: choices.errors,
    },
    cachePolicies: new Map(policies.map((policy, index) => [`policy-${index}`, policy])),
    functions: new Map(made === undefined ? [] : [[FUNCTION_ARN, functionOf(made)]]),
    atOrigin,
    urls: made === undefined ? undefined : toldFor(folders, made.urls),
    website,
    missing: choices.missing,
  };
}

interface BehaviourChoice {
  readonly pattern: string;
  readonly origin: OriginId;
  readonly policy: number;
  readonly isRewritten: boolean;
}

/**
 * A function that strips a prefix serves that prefix alone, beside another origin, and one for the
 * root serves the default behaviour. All others serve whatever shows the bucket.
 */
function behavioursOf(further: Choices['further'], rewrite: RewriteName | undefined): BehaviourChoice[] {
  const all: Choices['further'] =
    rewrite === 'prefix'
      ? [
          { pattern: '/docs/*', origin: 'second', policy: 1 },
          { pattern: '*', origin: 'other', policy: 0 },
        ]
      : [...further, { pattern: '*', origin: 'first', policy: 0 }];
  return all.map(each => ({
    ...each,
    isRewritten:
      rewrite !== undefined && each.origin !== 'other' && (rewrite !== 'language' || each.pattern === '*'),
  }));
}

function behaviourOf(
  { pattern, origin, policy, isRewritten }: BehaviourChoice,
  by: 'none' | 'lambda' | 'function',
): object {
  return behaviour({
    ...(pattern === '*' ? {} : { PathPattern: pattern }),
    TargetOriginId: origin,
    CachePolicyId: `policy-${policy}`,
    Compress: true,
    ...(isRewritten && by === 'function'
      ? { FunctionAssociations: [{ EventType: 'viewer-request', FunctionARN: FUNCTION_ARN }] }
      : {}),
    ...(isRewritten && by === 'lambda'
      ? { LambdaFunctionAssociations: [{ EventType: 'origin-request', LambdaFunctionARN: LAMBDA_ARN }] }
      : {}),
  });
}

const originOf = (Id: string, DomainName: string, OriginPath: string) => ({
  Id,
  DomainName,
  OriginPath,
  ...(Id === 'other' || DomainName.includes('website')
    ? { CustomOriginConfig: { OriginProtocolPolicy: 'http-only' } }
    : { S3OriginConfig: { OriginAccessIdentity: '' } }),
});

function toldFor(paths: readonly string[], urlsOf: Rewrite['urls']): Record<string, readonly string[]> {
  const all = [...new Set(paths)].map(path => urlsOf(path === '' ? '' : `${path.slice(1)}/`));
  const keys = new Set(all.flatMap(Object.keys));
  return Object.fromEntries([...keys].map(key => [key, [...new Set(all.flatMap(urls => urls[key] ?? []))]]));
}

/** The local edge runs no Lambda@Edge: the site's origin does what that would. */
export function withoutLambdas({ CacheBehaviors, DefaultCacheBehavior, ...config }: SiteConfig): object {
  const without = (settings: object) =>
    Object.fromEntries(Object.entries(settings).filter(([name]) => name !== 'LambdaFunctionAssociations'));
  return {
    ...config,
    CacheBehaviors: CacheBehaviors.map(without),
    DefaultCacheBehavior: without(DefaultCacheBehavior),
  };
}
