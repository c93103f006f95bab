import { expect } from 'vitest';
import type { UrlRules } from '../../../shared/planning/viewer-urls.ts';
import type {
  AbsentAnswer,
  Edge,
  EdgeAnswer,
  ObjectAnswer,
  Question,
} from '../../../shared/refresh/edge-answer.ts';
import type { Changes, Refresh, Verification } from '../../../shared/refresh/refresh.ts';
import type { Served } from '../../../shared/refresh/served.ts';
import type { EdgeRecord } from '../../../shared/refresh/unchanged.ts';
import type { Verified } from '../../../shared/refresh/verified.ts';
import { type StepTime, type VerifyDependencies, verifyEdge } from '../../../shared/refresh/verify-edge.ts';
import { listingOf } from '../../helpers/listing.ts';
import { PLANNING, planOf } from '../../helpers/planning.ts';

/** The refresh that is verified. */
export const REFRESH: Refresh = {
  id: 'r1',
  distributionId: 'EDFDVBD632BHDS5',
  state: 'invalidating',
  generation: 1,
  plans: 1,
  startedAt: '2026-11-02T10:00:00.000Z',
  plan: planOf(['/a.css'], { mark: 'm1' }),
};

/**
 * An object as S3 and the edge show it; `changeOf` uploads happen half a second after its last
 * write.
 */
export function objectOf(content: string, headers: Record<string, string> = {}): Served {
  return { lastModified: 'Mon, 02 Nov 2026 10:00:00 GMT', headers: { etag: `"${content}"`, ...headers } };
}

/** When an object was last written, if it was written again. */
export const LATER = 'Mon, 02 Nov 2026 10:00:07 GMT';

/** An object as it was before its last write. */
export function formerly(content: string, headers: Record<string, string> = {}): Served {
  return { ...objectOf(content, headers), lastModified: 'Mon, 02 Nov 2026 09:00:00 GMT' };
}

/** What an edge answers that shows an object, or nothing. */
export function answerOf(served: Served | undefined, body?: string): ObjectAnswer | AbsentAnswer {
  if (served === undefined) return { kind: 'absent', redirects: [] };
  const content = body === undefined ? {} : { body: Buffer.from(body) };
  return { kind: 'object', served, redirects: [], ...content };
}

/** A bucket and an edge in front of it. Whatever is written to either shows at once. */
export function site(
  objects: Record<string, Served>,
  rules: Partial<UrlRules> = {},
  errorPages: string[] = [],
) {
  const script = scriptOf(objects);
  return {
    ...script,
    /** Runs something while the edge is being asked. */
    whileAsking: (action: () => void) => {
      script.hooks.onAsked = action;
    },
    verify: (changes: Partial<Changes>, refresh: Refresh | undefined = REFRESH, verify = true) =>
      verifyEdge(
        'r1',
        {
          ...storesOf(script, refresh, changes),
          origin: originOf(script),
          openEdge: async () => edgeOf(script),
          urls: { ...PLANNING.urls, ...rules },
          errorPages,
          verify,
        },
        timeOf(script),
      ),
  };
}

/** What the test writes, and what the verification has left. */
interface Script {
  readonly bucket: Map<string, Served>;
  /** What the edge serves, by path. */
  readonly edge: Map<string, Served>;
  /** Answers that the edge gives instead of what it serves. */
  readonly answers: Map<string, EdgeAnswer | ((question: Question) => EdgeAnswer)>;
  /** Content of objects, by key. */
  readonly contents: Map<string, string>;
  /** The URLs that browsers' requests named, in order. */
  readonly asked: string[];
  /** The URLs that were asked for in the stored form as well. */
  readonly askedClosely: Set<string>;
  /** In milliseconds. */
  readonly pauses: number[];
  /** Milliseconds that are left to the step. */
  readonly clock: { left: number };
  /** What was recorded of the refresh. */
  readonly recorded: (string | Verification)[];
  /** What was remembered as verified, by key and mark. */
  readonly remembered: Record<string, Verified>;
  /** What was on record before, by key. */
  readonly records: Map<string, EdgeRecord>;
  readonly hooks: { onAsked(): void };
}

function scriptOf(objects: Record<string, Served>): Script {
  return {
    bucket: new Map(Object.entries(objects)),
    edge: new Map(Object.entries(objects).map(([key, served]) => [`/${key}`, served])),
    answers: new Map(),
    contents: new Map(),
    asked: [],
    askedClosely: new Set(),
    pauses: [],
    clock: { left: 600_000 },
    recorded: [],
    remembered: {},
    records: new Map(),
    hooks: { onAsked: () => {} },
  };
}

function storesOf(
  { recorded, remembered, records }: Script,
  refresh: Refresh | undefined,
  changes: Partial<Changes>,
): Pick<VerifyDependencies, 'refreshes' | 'records'> {
  return {
    refreshes: {
      get: async () => refresh,
      changesOf: async () => ({ objects: [], paths: [], ...changes }),
      recordVerifying: async () => void recorded.push('verifying'),
      recordVerification: async (_, verification) => void recorded.push(verification),
    },
    records: {
      find: async key => records.get(key),
      recordVerified: async ({ key }, mark, verified) => {
        remembered[`${key} ${mark}`] = verified;
      },
    },
  };
}

function originOf({ bucket, contents }: Script): VerifyDependencies['origin'] {
  return {
    head: async key => bucket.get(key),
    page: start => listingOf(bucket.keys()).page(start),
    read: async key => {
      const content = contents.get(key);
      const eTag = bucket.get(key)?.headers['etag'] ?? '';
      return content === undefined ? undefined : { eTag, body: Buffer.from(content) };
    },
  };
}

function edgeOf({ edge, answers, asked, askedClosely, hooks }: Script): Edge {
  return {
    host: 'www.example.com',
    ask: async (path, question) => {
      if (question.form === 'stored') askedClosely.add(path);
      else asked.push(path);
      const answer = answers.get(path) ?? answerOf(edge.get(path));
      hooks.onAsked();
      return typeof answer === 'function' ? answer(question) : answer;
    },
  };
}

function timeOf({ pauses, clock }: Script): StepTime {
  return {
    pause: async milliseconds => {
      pauses.push(milliseconds);
      clock.left -= milliseconds;
    },
    millisecondsLeft: () => clock.left,
  };
}

/** The error of an edge that is stale at these URLs. */
export const stale = (...urls: string[]) => expect.objectContaining({ name: 'EdgeStale', urls });
