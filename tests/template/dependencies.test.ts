import { describe, expect, it } from 'vitest';
import { type CfnTemplate, type Json, synthesised, templateWith } from '../helpers/templates.ts';

const VARIANTS = {
  'with origin access control': () => synthesised(),
  'with an origin access identity': () => templateWith({ originAccess: 'oai' }),
};

describe.each(Object.entries(VARIANTS))('The template %s', (_, build) => {
  const template = build();

  it('has no circle of dependencies, which CloudFormation would refuse and synthesis does not see', () => {
    expect(circleIn(template)).toBeUndefined();
  });

  it('refers to nothing that it does not define', () => {
    const defined = new Set([...Object.keys(template.Resources), 'BootstrapVersion']);
    const referred = [...dependenciesOf(template).values()].flat();
    expect(referred.filter(id => !defined.has(id))).toEqual([]);
  });
});

describe('The search for circles', () => {
  const templateOf = (
    resources: Record<string, { Properties?: Record<string, Json>; DependsOn?: string[] }>,
  ) => ({
    Outputs: {},
    Resources: Object.fromEntries(
      Object.entries(resources).map(([id, { Properties = {}, DependsOn = [] }]) => [
        id,
        { Type: 'Some::Type', Properties, DependsOn },
      ]),
    ),
  });

  it('finds one that goes over every way of referring', () => {
    const circle = templateOf({
      Free: { Properties: { name: { Ref: 'A' } } },
      A: { Properties: { list: [{ deep: { Ref: 'B' } }] } },
      B: { Properties: { arn: { 'Fn::GetAtt': ['C', 'Arn'] } } },
      C: { Properties: { text: { 'Fn::Sub': `x-\${D.Arn}-\${AWS::Region}` } } },
      D: { DependsOn: ['E'] },
      E: { Properties: { text: { 'Fn::Sub': [`\${F}`, { F: { 'Fn::Join': ['', [{ Ref: 'A' }]] } }] } } },
    });
    expect(circleIn(circle)).toEqual(['A', 'B', 'C', 'D', 'E', 'A']);
  });

  it('does not mistake two ways to one resource for a circle', () => {
    const diamond = templateOf({
      Top: { Properties: { left: { Ref: 'Left' }, right: { Ref: 'Right' } } },
      Left: { DependsOn: ['Bottom'] },
      Right: { DependsOn: ['Bottom'] },
      Bottom: {},
    });
    expect(circleIn(diamond)).toBeUndefined();
  });
});

/** The first circle of resources that need one another to exist, as the way around it. */
function circleIn(template: CfnTemplate): string[] | undefined {
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

function dependenciesOf({ Resources }: CfnTemplate): Map<string, string[]> {
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
