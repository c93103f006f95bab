import { type OnEventOptions, Rule } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import { EVENT_SOURCE, EVENT_TYPE } from '../../../shared/refresh/refresh-ended.ts';
import type { RefreshReport } from '../../../shared/refresh/refresh-report.ts';
import { uniquePath } from './unique-path.ts';

type Outcome = RefreshReport['outcome'];

/**
 * A rule for the ends of a pipeline's refreshes.
 *
 * @param outcomes those that it is about; without any, it is about every end
 */
export function ruleForEnds(
  pipeline: Construct,
  id: string,
  { target, ...options }: OnEventOptions,
  ...outcomes: readonly Outcome[]
): Rule {
  const rule = new Rule(pipeline, id, options);
  rule.addEventPattern({
    source: [EVENT_SOURCE],
    detailType: [EVENT_TYPE],
    detail: {
      pipeline: [uniquePath(pipeline)],
      ...(outcomes.length === 0 ? {} : { outcome: [...outcomes] }),
    },
  });
  rule.addTarget(target);
  return rule;
}
