import { z } from 'zod';
import { type CfnTemplate, resourcesOf, type StackName } from './templates.ts';

/**
 * What a template must not contain, although AWS's own validator and cdk-nag accept it.
 *
 * @returns one problem each, with the logical id of its resource; none if all is well
 */
export type TemplateRule = (template: CfnTemplate, stack: StackName) => string[] | Promise<string[]>;

const Mapping = z.object({
  EventSourceArn: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
  FunctionName: z.object({ Ref: z.string() }),
  BatchSize: z.number().default(10),
  MaximumBatchingWindowInSeconds: z.number().default(0),
  ScalingConfig: z.object({ MaximumConcurrency: z.number() }).optional(),
});

/** What reads which queue, by logical ids. */
export const queueReaders = (template: CfnTemplate) =>
  resourcesOf(template, 'AWS::Lambda::EventSourceMapping').map(({ id, properties }) => {
    const { EventSourceArn, FunctionName, ...mapping } = Mapping.parse(properties);
    return { id, queue: EventSourceArn['Fn::GetAtt'][0], reader: FunctionName.Ref, ...mapping };
  });
