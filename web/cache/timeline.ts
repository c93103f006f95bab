import type { RefreshDetails, RefreshStep } from '../../shared/refresh/api-contract.ts';

/** One point of a refresh's timeline. */
export interface Milestone {
  readonly step: RefreshStep;
  readonly label: string;
  readonly state: 'done' | 'current' | 'ahead' | 'failed';
  /** ISO 8601; absent for what has not happened. */
  readonly at?: string;
  /** Since the point before. */
  readonly tookMs?: number;
}

const LABELS: Readonly<Record<RefreshStep, string>> = {
  uploaded: 'Uploaded',
  closed: 'Uploads quiet',
  invalidated: 'CloudFront told',
  completed: 'Old copies dropped',
  verified: 'Edge verified',
  finished: 'Fresh',
};

const ORDER: readonly RefreshStep[] = [
  'uploaded',
  'closed',
  'invalidated',
  'completed',
  'verified',
  'finished',
];

/** What a refresh waits for in each state but the last ones. */
const NEXT: Partial<Readonly<Record<RefreshDetails['state'], RefreshStep>>> = {
  open: 'closed',
  closed: 'invalidated',
  invalidating: 'completed',
  verifying: 'verified',
};

type Told = Pick<RefreshDetails, 'state' | 'timeline' | 'changes'>;

/**
 * What has happened; of a running refresh also what comes next, and after that. One that the quota refused, or that is in its
 * second round, has been further than it is: the state says where it is.
 */
export function milestonesOf(refresh: Told): Milestone[] {
  const { state, timeline } = refresh;
  const happened = timeline.map(({ step, at }, index): Milestone => {
    const before = timeline[index - 1];
    return {
      step,
      label: labelOf(step, refresh),
      state: step === 'finished' && state === 'failed' ? 'failed' : 'done',
      at,
      ...(before === undefined ? {} : { tookMs: Math.max(0, Date.parse(at) - Date.parse(before.at)) }),
    };
  });
  const waitsFor = NEXT[state];
  if (waitsFor === undefined) return happened;
  const next = ORDER.indexOf(waitsFor);
  return [
    ...happened.filter(({ step }) => ORDER.indexOf(step) < next),
    ...ORDER.slice(next).map(
      (step, index): Milestone => ({
        step,
        label: labelOf(step, refresh),
        state: index === 0 ? 'current' : 'ahead',
      }),
    ),
  ];
}

function labelOf(step: RefreshStep, { state, changes }: Told): string {
  if (step === 'uploaded' && changes.length === 0) return 'Asked for';
  return step === 'finished' && state === 'failed' ? 'Given up' : LABELS[step];
}

/** From the last upload to the end; undefined before that. */
export function uploadToEndMs({ timeline }: Pick<RefreshDetails, 'timeline'>): number | undefined {
  const at = (step: RefreshStep) => Date.parse(timeline.find(entry => entry.step === step)?.at ?? '');
  const ms = at('finished') - at('uploaded');
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
