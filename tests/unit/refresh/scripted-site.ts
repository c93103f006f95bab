import { expect } from 'vitest';
import type { UrlRules } from '../../../shared/planning/viewer-urls.ts';
import type {
  AbsentAnswer,
  EdgeAnswer,
  ObjectAnswer,
  Question,
} from '../../../shared/refresh/edge-answer.ts';
import type { Changes, Refresh, Verification } from '../../../shared/refresh/refresh.ts';
import type { Served } from '../../../shared/refresh/served.ts';
import type { Verified } from '../../../shared/refresh/unchanged.ts';
import { type StepTime, type VerifyDependencies, verifyEdge } from '../../../shared/refresh/verify-edge.ts';
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
  const bucket = new Map(Object.entries(objects));
  const edge = new Map(Object.entries(objects).map(([key, served]) => [`/${key}`, served]));
  const asked: string[] = [];
  /** Answers that the edge gives instead of what it serves. */
  const answers = new Map<string, EdgeAnswer | ((question: Question) => EdgeAnswer)>();
  /** Content of objects, by key. */
  const contents = new Map<string, string>();
  const askedClosely = new Set<string>();
  const pauses: number[] = [];
  const clock = { left: 600_000 };
  const recorded: (string | Verification)[] = [];
  const remembered: Record<string, Verified> = {};
  let onEdgeRead = () => {};
  const time: StepTime = {
    pause: async milliseconds => {
      pauses.push(milliseconds);
      clock.left -= milliseconds;
    },
    millisecondsLeft: () => clock.left,
  };
  return {
    bucket,
    edge,
    answers,
    contents,
    /** The URLs that browsers' requests named, in order. */
    asked,
    /** The URLs that were asked for in the stored form as well. */
    askedClosely,
    pauses,
    clock,
    recorded,
    /** What was remembered as verified, by key and mark. */
    remembered,
    /** Runs something while the edge is being asked. */
    whileAsking: (action: () => void) => {
      onEdgeRead = action;
    },
    verify: (changes: Partial<Changes>, refresh: Refresh | undefined = REFRESH, verify = true) => {
      const dependencies: VerifyDependencies = {
        refreshes: {
          get: async () => refresh,
          changesOf: async () => ({ objects: [], paths: [], ...changes }),
          recordVerifying: async () => void recorded.push('verifying'),
          recordVerification: async (_, verification) => void recorded.push(verification),
        },
        records: {
          recordVerified: async ({ key }, mark, verified) => {
            remembered[`${key} ${mark}`] = verified;
          },
        },
        origin: {
          head: async key => bucket.get(key),
          keys: async () => [...bucket.keys()],
          read: async key => {
            const content = contents.get(key);
            const eTag = bucket.get(key)?.headers['etag'] ?? '';
            return content === undefined ? undefined : { eTag, body: Buffer.from(content) };
          },
        },
        openEdge: async () => ({
          host: 'www.example.com',
          ask: async (path, question) => {
            if (question.form === 'stored') askedClosely.add(path);
            else asked.push(path);
            const answer = answers.get(path) ?? answerOf(edge.get(path));
            onEdgeRead();
            return typeof answer === 'function' ? answer(question) : answer;
          },
        }),
        urls: { ...PLANNING.urls, ...rules },
        errorPages,
        verify,
      };
      return verifyEdge('r1', dependencies, time);
    },
  };
}

/** The error of an edge that is stale at these URLs. */
export const stale = (...urls: string[]) => expect.objectContaining({ name: 'EdgeStale', urls });
