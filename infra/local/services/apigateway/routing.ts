import type { ApiMethod, ApiResource } from './definition.ts';

export interface Route {
  readonly resource: ApiResource;
  readonly method: ApiMethod;
  /** Encoded as the caller sent them. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * The method that answers a request. A literal path part wins over `{parameter}`, which wins over
 * `{greedy+}`. A slash at the end makes no difference.
 *
 * @param path without the stage
 */
export function findRoute(
  resources: readonly ApiResource[],
  method: string,
  path: string,
): Route | undefined {
  const parts = path.replace(/\/$/, '').split('/').slice(1);
  const candidates = resources
    .map(resource => ({ resource, parameters: match(partsOf(resource), parts) }))
    .filter(candidate => candidate.parameters !== undefined)
    .sort((a, b) => specificity(b.resource).localeCompare(specificity(a.resource)));
  const [best] = candidates;
  const found = best?.resource.methods.get(method) ?? best?.resource.methods.get('ANY');
  if (best?.parameters === undefined || found === undefined) return undefined;
  return { resource: best.resource, method: found, parameters: best.parameters };
}

function partsOf({ path }: ApiResource): string[] {
  return path === '/' ? [] : path.split('/').slice(1);
}

/** One digit per path part, to be compared as strings: 2 literal, 1 parameter, 0 greedy. */
function specificity(resource: ApiResource): string {
  return partsOf(resource)
    .map(part => (/^\{.*\+\}$/.test(part) ? '0' : part.startsWith('{') ? '1' : '2'))
    .join('');
}

function match(pattern: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index];
    if (part === undefined || part === '') return undefined;
    const [, name, greedy] = /^\{([^+}]+)(\+?)\}$/.exec(expected) ?? [];
    if (name === undefined) {
      if (part !== expected) return undefined;
    } else if (greedy === '+') {
      return { ...parameters, [name]: parts.slice(index).join('/') };
    } else {
      parameters[name] = part;
    }
  }
  return pattern.length === parts.length ? parameters : undefined;
}
