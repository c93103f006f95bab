import type { CfnTemplate, Json } from './templates.ts';

/**
 * The first circle of resources that need each other to exist: their logical ids on the way around
 * it.
 */
export function circleIn(template: CfnTemplate): string[] | undefined {
  const dependencies = dependenciesOf(template);
  const finished = new Set<string>();
  const visit = (id: string, way: readonly string[]): string[] | undefined => {
    if (way.includes(id)) return [...way.slice(way.indexOf(id)), id];
    if (finished.has(id)) return undefined;
    for (const next of dependencies.get(id) ?? []) {
      const circle = visit(next, [...way, id]);
      if (circle !== undefined) return circle;
    }
    finished.add(id);
    return undefined;
  };
  for (const id of dependencies.keys()) {
    const circle = visit(id, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** The resources that each resource refers to or names in `DependsOn`, by logical ids. */
export function dependenciesOf({ Resources }: CfnTemplate): Map<string, string[]> {
  return new Map(
    Object.entries(Resources).map(([id, { Properties, DependsOn }]) => [
      id,
      [...DependsOn, ...referencesIn(Properties)],
    ]),
  );
}

function referencesIn(value: Json): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (value === null || typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([name, argument]) => {
    if (name === 'Ref') return resourceNames([String(argument)]);
    if (name === 'Fn::GetAtt') return [String(Array.isArray(argument) ? argument[0] : argument)];
    if (name === 'Fn::Sub') return referencesInSub(argument);
    return referencesIn(argument);
  });
}

function referencesInSub(argument: Json): string[] {
  const [text = '', variables = {}] = Array.isArray(argument) ? argument : [argument, {}];
  const own = Object.keys(Object(variables));
  const names = [...String(text).matchAll(/\$\{([^!.}]+)[^}]*\}/g)].map(([, name = '']) => name);
  return [...resourceNames(names).filter(name => !own.includes(name)), ...referencesIn(variables)];
}

function resourceNames(names: readonly string[]): string[] {
  return names.filter(name => !name.startsWith('AWS::'));
}
