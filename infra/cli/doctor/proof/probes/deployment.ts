import { untestable } from '../../finding.ts';
import type { Probe } from '../trial.ts';

/** What can be seen while a stack is made, and never again. */
export const deployment: Probe = {
  name: 'the order of a deployment',
  asksEdge: false,
  cost: { files: 0, paths: 0 },
  async *run({ stack }) {
    yield {
      about: 'the order in which a deployment makes things',
      ...untestable(
        'S3’s check of the queue right after its policy, and what a late failure leaves behind, show only while a stack is made',
        `Look at the events of its first deployment: aws cloudformation describe-stack-events --stack-name ${stack.name} --region ${stack.client.region}`,
      ),
    };
  },
};
