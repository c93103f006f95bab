import type { Edge } from '../../../../shared/refresh/edge-answer.ts';
import type { Stack } from '../../aws/stack.ts';
import type { Findings } from '../finding.ts';
import type { DeployedSite } from './deployed-site.ts';
import type { FollowedRefreshes } from './followed-refreshes.ts';
import type { TrialFiles } from './trial-files.ts';
import type { TrialInvalidations } from './trial-invalidations.ts';
import type { Viewer } from './viewer.ts';
import type { Waiting } from './waiting.ts';

/** What a probe works with. */
export interface Trial {
  readonly stack: Stack;
  readonly site: DeployedSite;
  readonly files: TrialFiles;
  readonly viewer: Viewer;
  /** The same edge as verification asks it. */
  readonly edge: Edge;
  readonly refreshes: FollowedRefreshes;
  readonly invalidations: TrialInvalidations;
  readonly waiting: Waiting;
}

/** One question to a deployed system. Probes run one after the other; each can run alone. */
export interface Probe {
  /** In a few words, for findings that say why it could not be run. */
  readonly name: string;
  /** Whether it needs an edge that lets the doctor in. */
  readonly asksEdge: boolean;
  /** The most that it may cost. */
  readonly cost: { readonly files: number; readonly paths: number };
  run(trial: Trial): Findings;
}
