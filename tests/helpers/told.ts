import { type CfnTemplate, resourcesOf, textOf } from './templates.ts';

/** What a stack tells of its distributions beyond what CloudFront knows. */
export function toldIn(template: CfnTemplate): unknown[] {
  return resourcesOf(template, 'Custom::SiteDistribution').map(({ properties }) =>
    JSON.parse(textOf(properties['Told'])),
  );
}
