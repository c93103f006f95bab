import { requestPath } from '../planning/path-spelling.ts';
import { type UrlRules, viewerPaths } from '../planning/viewer-urls.ts';
import { type Behaviour, type Description, showing } from '../sites/description.ts';
import { pathPatternMatcher } from '../sites/path-pattern.ts';
import { seesRequests } from '../sites/unknowns.ts';

/**
 * Which behaviours may show an object: those whose pattern is the first to match one of its URLs,
 * and those with a function that may show it at any other. If a wildcard was told for it, or it has
 * no URL, every behaviour that shows the bucket may.
 */
export function behavioursShowing(
  { behaviours }: Pick<Description, 'behaviours'>,
  urls: UrlRules,
): (key: string) => readonly Behaviour[] {
  const shown = showing({ behaviours });
  const matchers = behaviours.map(behaviour => ({
    behaviour,
    matches: pathPatternMatcher(behaviour.pathPattern),
  }));
  return key => {
    const paths = viewerPaths(key, urls);
    if (paths.length === 0 || paths.some(path => path.endsWith('*'))) return shown;
    const answering = paths.map(requestPath).map(path => matchers.find(({ matches }) => matches(path)));
    return shown.filter(
      behaviour => seesRequests(behaviour) || answering.some(each => each?.behaviour === behaviour),
    );
  };
}

/** Whether a function of Lambda@Edge may change what the origin says before it is kept. */
export function changesAnswers({ functions }: Pick<Behaviour, 'functions'>): boolean {
  return functions.some(({ event }) => event.startsWith('origin-'));
}
