import { decodePath } from '../../shared/planning/path-spelling.ts';
import { planInvalidation } from '../../shared/planning/plan.ts';
import { PEERS } from '../helpers/peers.ts';
import { PLANNING } from '../helpers/planning.ts';
import type { Upload } from '../helpers/scenarios.ts';

/** Paths that an AWS account may invalidate in a month without paying. */
export const FREE_PATHS_A_MONTH = 1000;

/** The paths that one tool chooses for an upload. */
export interface Choice {
  readonly tool: string;
  /**
   * The paths, their percent-escapes undone, when so many of the month's free ones are left; only
   * ours looks at that.
   */
  readonly pathsFor: (freePaths: number) => readonly string[];
}

/** Ours first. */
export function choicesFor(upload: Upload): Choice[] {
  const peers = PEERS.map(({ name, pathsFor }) => {
    const paths = pathsFor(upload.changedKeys);
    return { tool: name, pathsFor: () => paths };
  });
  return [{ tool: 'ours', pathsFor: freePaths => ourPaths(upload, freePaths) }, ...peers];
}

function ourPaths(upload: Upload, freePaths: number): string[] {
  const prices = { ...PLANNING.prices, freePaths };
  return planInvalidation({ ...PLANNING, ...upload, requestedPaths: [], prices }).paths.map(decodePath);
}

/** Cost of deploying the same upload this often in a month without other paths, in US dollars. */
export function dollarsAMonth({ pathsFor }: Choice, deploys: number): number {
  let [dollars, freePaths] = [0, FREE_PATHS_A_MONTH];
  for (let deploy = 0; deploy < deploys; deploy++) {
    const paths = pathsFor(freePaths).length;
    dollars += Math.max(0, paths - freePaths) * PLANNING.prices.path;
    freePaths = Math.max(0, freePaths - paths);
  }
  return dollars;
}

/** What a deploy costs once the month's free paths are used, in US dollars. */
export function dollarsADeploy({ pathsFor }: Choice): number {
  return pathsFor(0).length * PLANNING.prices.path;
}

/** Half a cent is the smallest price. */
export const inDollars = (dollars: number) => dollars.toFixed(3);
