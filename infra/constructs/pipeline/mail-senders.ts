import { Aws, type CustomResource, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { domainsOf } from '../../../shared/mail/email-address.ts';
import { DeploymentFunction } from './deployment-function.ts';

const ID = 'SesSenders';

/**
 * The senders of a stack's mails. SES knows an address once, so several pipelines of the stack
 * share it, and the function that registers it.
 */
export class MailSenders extends Construct {
  private readonly register: DeploymentFunction;
  private readonly senders = new Map<string, CustomResource>();

  /**
   * The stack's own, made when it is first asked for.
   *
   * @param logRetention of the function, if it is made now
   */
  static of(stack: Stack, logRetention: RetentionDays | undefined): MailSenders {
    const known = stack.node.tryFindChild(ID);
    return known instanceof MailSenders ? known : new MailSenders(stack, logRetention);
  }

  private constructor(stack: Stack, logRetention: RetentionDays | undefined) {
    super(stack, ID);
    this.register = new DeploymentFunction(this, 'Register', {
      handler: 'pipeline/register-sender',
      description: 'Adds senders that SES does not know, and removes those again',
      permissions: [],
      ...(logRetention === undefined ? {} : { logRetention }),
    });
  }

  /**
   * Its attribute `State` says whether SES sent from the address when it was deployed, and if not,
   * what to do.
   *
   * @param region of the mails
   */
  add(address: string, region: string): CustomResource {
    const stack = Stack.of(this);
    // Another sender, or another region, is another resource with a policy of its own: the former
    // policy then stays until the former sender is removed.
    const id = region === stack.region ? address : `${address} in ${region}`;
    const known = this.senders.get(id);
    if (known !== undefined) return known;
    const arnOf = (identity: string) =>
      stack.formatArn({ service: 'ses', region, resource: 'identity', resourceName: identity });
    const sender = this.register.serve(this, id, 'Custom::MailSender', {
      Address: address,
      Region: region,
      IdentityArn: arnOf(address),
      Owner: `${Aws.STACK_ID}/${id}`,
    });
    this.senders.set(id, sender);
    const policy = this.register.allow(id, [
      new PolicyStatement({
        actions: ['ses:GetEmailIdentity'],
        resources: [address, ...domainsOf(address)].map(arnOf),
      }),
      new PolicyStatement({
        actions: [
          'ses:CreateEmailIdentity',
          'ses:DeleteEmailIdentity',
          'ses:TagResource',
          'ses:UntagResource',
        ],
        resources: [arnOf(address)],
      }),
    ]);
    sender.node.addDependency(policy);
    return sender;
  }
}
