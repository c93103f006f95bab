import { benchBackup } from './backup.ts';
import { benchBundles } from './bundles.ts';
import { benchCost } from './cost.ts';
import { benchLoneUpload } from './lone-upload.ts';
import { benchPlanner } from './planner.ts';
import { benchPlannerGuard } from './planner-guard.ts';
import { benchPlannerSites } from './planner-sites.ts';
import { benchPlannerSpeed } from './planner-speed.ts';
import type { Print, Size } from './report.ts';
import { benchSize } from './size.ts';
import { benchSoak, type SoakLimits } from './soak.ts';

/**
 * Prints its figures, always beside a baseline measured in the same run.
 *
 * @param limits those of the soak; other benches ignore them
 */
type Bench = (print: Print, size: Size, limits?: SoakLimits) => Promise<void>;

/**
 * By name. All but the planner's need the synthesised assembly; BENCHMARKS.md keeps the last
 * figures of each.
 */
export const BENCHES: Readonly<Record<string, Bench>> = {
  planner: benchPlanner,
  'planner-sites': benchPlannerSites,
  'planner-guard': benchPlannerGuard,
  'planner-speed': benchPlannerSpeed,
  size: benchSize,
  'lone-upload': benchLoneUpload,
  backup: benchBackup,
  bundles: benchBundles,
  cost: benchCost,
  soak: benchSoak,
};
