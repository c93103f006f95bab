import type { RefreshDetails, RefreshStep } from '../../shared/refresh/api-contract.ts';

/** One point of a refresh's timeline. */
export interface Milestone {
  readonly step: RefreshStep;
  readonly label: string;
  readonly state: 'done' | 'current' | 'ahead' | 'unasked' | 'failed';
  /** ISO 8601; absent until it has happened. */
  readonly at?: string;
  /** Milliseconds since the previous point. */
  readonly tookMs?: number;
}

const LABELS: Readonly<Record<RefreshStep, string>> = {
  uploaded: 'Uploaded',
  closed: 'Uploads finished',
  invalidated: 'Invalidation sent',
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

/** What a refresh is waiting for in each state; nothing once it has ended. */
const NEXT: Partial<Readonly<Record<RefreshDetails['state'], RefreshStep>>> = {
  open: 'closed',
  closed: 'invalidated',
  invalidating: 'completed',
  verifying: 'verified',
};

type Progress = Pick<RefreshDetails, 'state' | 'timeline' | 'changes'>;

/**
 * What has happened so far and, while a refresh is running, what comes next. The quota or a second
 * round can send a refresh back to an earlier step, so its state decides where it is, not its
 * timeline.
 */
export function milestonesOf(refresh: Progress): Milestone[] {
  const { state, timeline } = refresh;
  const happened = timeline.map(({ step, at }, index): Milestone => {
    const before = timeline[index - 1];
    return {
      step,
      label: labelOf(step, refresh),
      state: step === 'finished' && (state === 'unasked' || state === 'failed') ? state : 'done',
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

function labelOf(step: RefreshStep, { state, changes }: Progress): string {
  if (step === 'uploaded' && changes.length === 0) return 'Requested';
  if (step === 'finished' && state === 'unasked') return 'Not verified';
  return step === 'finished' && state === 'failed' ? 'Given up' : LABELS[step];
}

/** Milliseconds from the last upload to the end; undefined before the end. */
export function uploadToEndMs({ timeline }: Pick<RefreshDetails, 'timeline'>): number | undefined {
  const at = (step: RefreshStep) => Date.parse(timeline.find(entry => entry.step === step)?.at ?? '');
  const ms = at('finished') - at('uploaded');
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
