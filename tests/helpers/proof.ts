import { openStack, type Stack } from '../../infra/cli/aws/stack.ts';
import type { Finding, Findings } from '../../infra/cli/doctor/finding.ts';
import { burst } from '../../infra/cli/doctor/proof/probes/burst.ts';
import { runProbes } from '../../infra/cli/doctor/proof/prove.ts';
import type { Probe } from '../../infra/cli/doctor/proof/trial.ts';
import type { Interceptor } from '../../infra/local/kernel/aws-endpoint.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import type { ViewerRequest, ViewerResponse } from '../../infra/local/services/cloudfront/messages.ts';
import type { EdgeTraits } from '../../infra/local/services/cloudfront/points-of-presence.ts';
import { type Fault, faulty, type Target } from './faults.ts';
import { isLook } from './settling.ts';
import type { Site } from './site.ts';

/** As whom the doctor calls the local cloud. */
export const DOCTOR = 'local';

/** What the findings of the probes are about, in order. */
export const ABOUT = {
  edge: 'the edge answers the doctor',
  life: {
    shown: 'a new file is shown',
    kept: 'the edge keeps every variant',
    once: 'one invalidation for one file',
    purged: 'a purge reaches every variant',
    history: 'history and CloudFront',
    free: 'the same bytes again are free',
    gone: 'a removed file is gone in every variant',
  },
  burst: [
    'few invalidations for a burst',
    'every file of a burst is fresh',
    'files with odd names are fresh, however they are spelled',
  ],
  paths: [
    'an exact path purges a name with é',
    'an exact path purges a name with a space',
    'an exact path purges a name with characters that stay raw',
    'an exact path purges it, too, where its URL escapes them',
    'a wildcard purges what begins with it',
    'a wildcard that ends before a doubtful character purges the name',
    'paths leave other files alone',
  ],
  root: 'the path / purges the default root object',
  forms: 'compressed and stored form have entries of their own',
  methods: 'HEAD is answered from the entry of GET',
  inside: 'a * inside a path is no wildcard',
  variants: 'the path /folder/?* purges variants by query string',
  query: 'query strings make no other entry',
  routes: 'an application’s routes are fresh after its page is',
  api: ['the API and the history', 'the API answers through the edge', 'the edge keeps no answer of the API'],
  regions: ['GetInvalidation answers every region alike', 'GetInvalidation names its errors as documented'],
  mail: [
    'SES sends the mails',
    'a mail for each refresh',
    'no message is stuck',
    'mails are sent by an identity with a configuration set',
  ],
  many: 'GetInvalidation tells 3,000 paths, and they fit into a result',
  removed: 'the doctor’s files are removed again',
} as const;

/** What a whole proof of the school's site finds out on the local cloud. */
export const ALL_OF_IT = {
  confirmed: [
    ABOUT.edge,
    ...Object.values(ABOUT.life),
    ...ABOUT.burst,
    ...ABOUT.paths,
    ABOUT.root,
    ABOUT.forms,
    ABOUT.methods,
    ABOUT.inside,
    ABOUT.query,
    ...ABOUT.api,
    ...ABOUT.regions,
    ...ABOUT.mail,
    ABOUT.many,
    ABOUT.removed,
  ],
  refuted: [],
  untestable: [
    ABOUT.routes,
    'the workflow polls CloudFront from another region',
    'mails reach an inbox',
    'the order in which a deployment makes things',
  ],
};

export const stackOf = ({ endpoint }: Pick<LocalCloud, 'endpoint'>, stack = 'StudentSite'): Stack =>
  openStack({ stack, region: 'us-east-1', local: true, endpoint });

/** All findings, by verdict: what each was about. */
export async function verdictsOf(
  findings: Findings | Finding[],
): Promise<Record<Finding['verdict'], string[]>> {
  const made = Array.isArray(findings) ? findings : await all(findings);
  const about = (verdict: Finding['verdict']) =>
    made.filter(finding => finding.verdict === verdict).map(finding => finding.about);
  return { confirmed: about('confirmed'), refuted: about('refuted'), untestable: about('untestable') };
}

export async function all(findings: Findings): Promise<Finding[]> {
  const made: Finding[] = [];
  for await (const finding of findings) made.push(finding);
  return made;
}

/** The first finding about something. What the doctor has uploaded is removed again. */
export async function findingAbout(about: string, probe: Probe, stack: Stack): Promise<Finding> {
  for await (const finding of runProbes([probe], stack)) if (finding.about === about) return finding;
  throw new Error(`The probe found out nothing about ${about}`);
}

/** A probe that uploads one file and waits for its refresh, for those that look at the last one. */
export const oneUpload: Probe = {
  name: 'one upload',
  asksEdge: false,
  cost: { files: 1, paths: 1 },
  async *run({ files, refreshes }) {
    const { key } = await files.put('one.txt', 'one');
    await refreshes.follow([key], {
      waiting: { patienceMs: 200_000, signal: new AbortController().signal },
    });
    yield { about: 'one upload', verdict: 'confirmed', evidence: key };
  },
};

/** Traits of a running edge that can be switched. */
export function switchableEdge() {
  let traits: EdgeTraits = {};
  return {
    options: {
      survivesPurge: (variant, address) => traits.survivesPurge?.(variant, address) ?? false,
      alters: (answer, request) => traits.alters?.(answer, request) ?? answer,
      blocks: request => traits.blocks?.(request) ?? false,
    } satisfies EdgeTraits,
    set(next: EdgeTraits): void {
      traits = next;
    },
  };
}

/** Alters the answers to requests whose URL holds some text. */
export function answering(
  part: string,
  change: (answer: ViewerResponse, request: ViewerRequest) => Partial<ViewerResponse>,
): NonNullable<EdgeTraits['alters']> {
  return (answer, request) =>
    request.url.includes(part) ? { ...answer, ...change(answer, request) } : answer;
}

/** The answer says that it comes from the cache, or that it does not. */
export const claiming = (xCache: 'Hit' | 'Miss') => (answer: ViewerResponse) => ({
  headers: { ...answer.headers, 'x-cache': `${xCache} from cloudfront` },
});

/** Another text in the answer to one of the doctor's own calls. */
export function rewritten(action: string, from: string | RegExp, to: string) {
  return faulty({ action, caller: DOCTOR }, async (_, next) => {
    const answer = await next();
    return { ...answer, body: String(answer.body ?? '').replace(from, to) };
  }).interceptor;
}

/** A fault in the doctor's own calls of one kind. */
export const failing = (action: string, fault: Fault) =>
  faulty({ action, caller: DOCTOR }, fault).interceptor;

/**
 * Calls whose body holds some text are sent with another text in its place, or in both forms.
 *
 * @param to must not hold `from`: the second form passes here as well
 */
export function sentOtherwise(
  cloud: Pick<LocalCloud, 'callAws'>,
  { from, to, also = false, ...target }: Target & { from: string; to: string; also?: boolean },
) {
  return faulty(target, async ({ request }, next) => {
    const body = request.body.toString();
    if (!body.includes(from)) return next();
    const first = also ? await next() : undefined;
    const other = await cloud.callAws({ ...request, body: Buffer.from(body.replace(from, to)) });
    return first ?? other;
  }).interceptor;
}

/**
 * Keeps a refresh from closing while the doctor uploads a burst, however slow the machine: at this
 * pace, uploads are over after a few milliseconds.
 */
export function burstsInOneRefresh({ collected }: Pick<Site, 'collected'>): Interceptor {
  const { files } = burst.cost;
  let [started, uploaded] = [0, 0];
  let isWhole = Promise.withResolvers<void>();
  isWhole.resolve();
  return async (call, next) => {
    if (isLook(call)) await isWhole.promise;
    if (call.action !== 'PutObject' || !call.request.url.includes('/burst/')) return next();
    if (started++ % files === 0) isWhole = Promise.withResolvers();
    const answer = await next();
    if (++uploaded % files === 0) void collected().then(isWhole.resolve, isWhole.reject);
    return answer;
  };
}
