import { describe, expect, it } from 'vitest';
import { circleIn, dependenciesOf } from '../helpers/dependencies.ts';
import { type Json, synthesised, templateWith } from '../helpers/templates.ts';

const VARIANTS = {
  'with origin access control': () => synthesised(),
  'with an origin access identity': () => templateWith({ originAccess: 'oai' }),
  'for an existing site': () => synthesised('AutoInvalidation'),
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

  it('finds a circle across every kind of reference', () => {
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

  it('does not take two paths to one resource for a circle', () => {
    const diamond = templateOf({
      Top: { Properties: { left: { Ref: 'Left' }, right: { Ref: 'Right' } } },
      Left: { DependsOn: ['Bottom'] },
      Right: { DependsOn: ['Bottom'] },
      Bottom: {},
    });
    expect(circleIn(diamond)).toBeUndefined();
  });
});
