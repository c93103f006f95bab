import type { RefreshDetails, RefreshStep } from '../api/refresh-api.ts';
import { isRunning } from './refresh-words.ts';

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

type Told = Pick<RefreshDetails, 'state' | 'timeline' | 'changeCount'>;

/** What has happened; of a running refresh also what comes next, and after that. */
export function milestonesOf(refresh: Told): Milestone[] {
  const { timeline } = refresh;
  const happened = timeline.map(({ step, at }, index): Milestone => {
    const before = timeline[index - 1];
    return {
      step,
      label: labelOf(step, refresh),
      state: step === 'finished' && refresh.state === 'failed' ? 'failed' : 'done',
      at,
      ...(before === undefined ? {} : { tookMs: Math.max(0, Date.parse(at) - Date.parse(before.at)) }),
    };
  });
  if (!isRunning(refresh)) return happened;
  const last = timeline.at(-1)?.step;
  const ahead = ORDER.slice(last === undefined ? 0 : ORDER.indexOf(last) + 1);
  return [
    ...happened,
    ...ahead.map(
      (step, index): Milestone => ({
        step,
        label: labelOf(step, refresh),
        state: index === 0 ? 'current' : 'ahead',
      }),
    ),
  ];
}

function labelOf(step: RefreshStep, { state, changeCount }: Told): string {
  if (step === 'uploaded' && changeCount === 0) return 'Asked for';
  return step === 'finished' && state === 'failed' ? 'Given up' : LABELS[step];
}

/** From the last upload to the end; undefined before that. */
export function uploadToEndMs({ timeline }: Pick<RefreshDetails, 'timeline'>): number | undefined {
  const at = (step: RefreshStep) => Date.parse(timeline.find(entry => entry.step === step)?.at ?? '');
  const ms = at('finished') - at('uploaded');
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
