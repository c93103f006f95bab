import { CommandError } from '../../command.ts';

/** What viewers accept of what CloudFront compresses to. Browsers send the first one. */
const ENCODINGS = ['br, gzip', 'br', 'gzip', 'identity'] as const;

/** One way of asking for a URL. An edge may keep an entry for each. */
export interface Variant {
  readonly method: 'GET' | 'HEAD';
  readonly encoding: (typeof ENCODINGS)[number];
}

export const BROWSER: Variant = { method: 'GET', encoding: 'br, gzip' };
/** The object as it is stored. */
export const STORED: Variant = { method: 'GET', encoding: 'identity' };
export const BROWSER_HEAD: Variant = { method: 'HEAD', encoding: 'br, gzip' };

/** The browsers' GET comes first: what shares its entry is a hit from then on. */
export const VARIANTS: readonly Variant[] = (['GET', 'HEAD'] as const).flatMap(method =>
  ENCODINGS.map(encoding => ({ method, encoding })),
);

export const nameOf = ({ method, encoding }: Variant) => `${method} ${encoding}`;

/** One answer of the edge. */
export interface View {
  readonly path: string;
  readonly variant: Variant;
  readonly status: number;
  /** As CloudFront says it: `Hit from cloudfront`. Empty if it says nothing. */
  readonly xCache: string;
  /** Whether the answer has an age, as only kept ones have. */
  readonly hasAge: boolean;
  /** Without quotes and the mark of a weak one; empty if there is none. */
  readonly eTag: string;
  /** `br` or `gzip`; empty if it is not compressed. */
  readonly compression: string;
  /** Decoded. Empty for HEAD. */
  readonly body: string;
}

export const isHit = ({ xCache }: View) => /^(?:Refresh)?Hit\b/.test(xCache);

export interface Warmed {
  /** The first answer: a hit if another variant had filled the entry already. */
  readonly first: View;
  /** Whether the edge answers from its cache now. */
  readonly isKept: boolean;
}

export interface Viewer {
  /** @param path percent-encoded */
  view(path: string, variant: Variant): Promise<View>;
  /** Asks until the edge keeps the answer, or until it is clear that it does not. */
  warm(path: string, variant: Variant): Promise<Warmed>;
}

const TIMEOUT_MS = 10_000;
const ATTEMPTS = 3;
/**
 * Several servers of a location may answer, each with a cache: one hit says little of the next
 * answer.
 */
const HITS_IN_A_ROW = 2;
const MOST_REQUESTS = 10;

/**
 * Asks the edge as viewers do, by `fetch`, which decodes what is compressed. Redirects are shown,
 * not followed.
 *
 * @param siteUrl without a slash at the end
 * @param headers of each request
 */
export function createViewer(siteUrl: string, headers: Readonly<Record<string, string>>): Viewer {
  async function view(path: string, variant: Variant): Promise<View> {
    const url = `${siteUrl}${path}`;
    for (let attempt = 1; ; attempt++) {
      try {
        return await ask(url, path, variant);
      } catch (error) {
        if (attempt === ATTEMPTS) throw unanswered(url, error);
      }
    }
  }

  async function ask(url: string, path: string, variant: Variant): Promise<View> {
    const response = await fetch(url, {
      method: variant.method,
      redirect: 'manual',
      headers: { ...headers, 'accept-encoding': variant.encoding },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return {
      path,
      variant,
      status: response.status,
      xCache: response.headers.get('x-cache') ?? '',
      hasAge: response.headers.has('age'),
      eTag: (response.headers.get('etag') ?? '').replace(/^W\//, '').replaceAll('"', ''),
      compression: response.headers.get('content-encoding') ?? '',
      body: await response.text(),
    };
  }

  return {
    view,
    async warm(path, variant) {
      const first = await view(path, variant);
      let hits = isHit(first) ? 1 : 0;
      for (let request = 2; request <= MOST_REQUESTS && hits < HITS_IN_A_ROW; request++)
        hits = isHit(await view(path, variant)) ? hits + 1 : 0;
      return { first, isKept: hits >= HITS_IN_A_ROW };
    },
  };
}

/** `fetch` says only that it failed; its cause says why. */
function unanswered(url: string, error: unknown): CommandError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CommandError(`${url} did not answer: ${reason}`, { cause: error });
}
