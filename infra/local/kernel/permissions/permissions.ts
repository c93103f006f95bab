import type { Resource } from '../../template/template.ts';
import { actionOf } from '../action-names.ts';
import { AwsError, type AwsResponse, type AwsService, jsonErrorResponse, LOCAL_ACCOUNT } from '../aws-api.ts';
import { type Policies, type Policy, policiesOf } from './policies.ts';
import { bucketArn, invocationOf, type Requirement, requirementsOf, s3Address } from './questions.ts';
import { accessDenied, refusal, refusalMessage } from './refusal.ts';
import { type Question, simulate, type Verdict } from './simulate.ts';

/** A question that was asked, and how it was decided. */
export interface Decision {
  readonly question: Question;
  /** Of the caller. */
  readonly identityPolicies: readonly Policy[];
  readonly resourcePolicy: Policy | undefined;
  readonly verdict: Verdict;
}

export interface Permissions {
  readonly policies: Policies;
  /** Lets through what the caller may do, and answers everything else as AWS refuses it. */
  guard(service: AwsService): AwsService;
  /** @throws AwsError AccessDeniedException when the caller may not invoke the function */
  requireInvocation(caller: string, functionName: string): Promise<void>;
  /** Whether a service may invoke a function for a resource of its own. */
  mayInvoke(invocation: {
    readonly functionArn: string;
    readonly principal: string;
    readonly sourceArn: string;
  }): Promise<boolean>;
  /** @throws AwsError InvalidParameterValueException: AWS makes no event source mapping for a role that cannot poll */
  requirePolling(caller: string, queueArn: string): Promise<void>;
  /** @throws AwsError InvalidParameterValueException when the role's trust policy does not name the service */
  requireTrust(caller: string, service: string, sourceArn: string): Promise<void>;
  /** Every question asked so far, once for each way in which the policies answered it. */
  readonly decisions: readonly Decision[];
}

/** Who calls, as policies name it, and the policies of its own. */
interface Caller {
  readonly principal: string | undefined;
  readonly policies: readonly Policy[];
  readonly context: Readonly<Record<string, string>>;
}

/** The AWS services that call for a resource of theirs, by the service in its ARN. */
const SERVICE_PRINCIPALS: Readonly<Record<string, string>> = {
  cloudfront: 'cloudfront.amazonaws.com',
  events: 'events.amazonaws.com',
  s3: 's3.amazonaws.com',
};

/** An origin access identity is a user of CloudFront's own account, which stands in nobody's way: the bucket alone decides. */
const EVERYTHING: Policy = {
  id: 'CloudFront',
  statements: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }],
};

/** What Lambda itself needs of a queue: Lambda developer guide, "Creating and configuring an Amazon SQS event source mapping". */
const POLLING = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];

/**
 * Decides every call by the policies of the template. Whoever is neither one of its roles nor an AWS service is the account's
 * administrator: tests, commands, the AWS CLI.
 *
 * @throws Error naming what of the policies the local cloud cannot decide by
 */
export function createPermissions(resources: readonly Resource[]): Permissions {
  const policies = policiesOf(resources);
  const decider = createDecider(policies);

  /** Undefined for the administrator. */
  function callerOf(caller: string): Caller | undefined {
    const role = policies.roles.get(caller);
    if (role !== undefined) return { principal: role.sessionArn, policies: role.policies, context: {} };
    const [kind, identity = ''] = caller.split('/cloudfront/');
    const user = kind === 'origin-access-identity' ? policies.canonicalUsers.get(identity) : undefined;
    if (user !== undefined) return { principal: user, policies: [EVERYTHING], context: {} };
    if (kind === 'origin-access-identity' || kind === 'anonymous')
      return { principal: undefined, policies: [], context: {} };
    const service = SERVICE_PRINCIPALS[/^arn:aws:(\w+):/.exec(caller)?.[1] ?? ''];
    return service === undefined ? undefined : serviceCaller(service, caller);
  }

  async function requireOf(caller: string, requirement: Requirement): Promise<void> {
    const known = callerOf(caller);
    if (known === undefined) return;
    const { question, verdict } = await decider.ask(known, requirement);
    if (verdict.result !== 'Allowed') throw accessDenied(refusalMessage(question, verdict));
  }

  async function refusalOf(
    caller: Caller,
    service: string,
    requirements: readonly Requirement[],
  ): Promise<AwsResponse | undefined> {
    for (const requirement of requirements) {
      const { question, verdict } = await decider.ask(caller, requirement);
      if (verdict.result !== 'Allowed') return refusal(service, question, verdict);
    }
    return undefined;
  }

  return {
    policies,
    decisions: decider.decisions,
    requireInvocation: (caller, functionName) => requireOf(caller, invocationOf(functionName)),

    async mayInvoke({ functionArn, principal, sourceArn }) {
      const { verdict } = await decider.ask(serviceCaller(principal, sourceArn), invocationOf(functionArn));
      return verdict.result === 'Allowed';
    },

    async requirePolling(caller, queueArn) {
      for (const action of POLLING) {
        await requireOf(caller, { action, resource: queueArn }).catch(cause => {
          throw new AwsError(
            'InvalidParameterValueException',
            `The provided execution role does not have permissions to call ${action.replace('sqs:', '')} on SQS (${cause})`,
          );
        });
      }
    },

    async requireTrust(caller, service, sourceArn) {
      const role = policies.roles.get(caller);
      if (role === undefined) return;
      const { verdict } = await decider.ask(serviceCaller(service, sourceArn), {
        action: 'sts:AssumeRole',
        resource: role.arn,
      });
      if (verdict.result !== 'Allowed')
        throw new AwsError('InvalidParameterValueException', `${role.arn} cannot be assumed by ${service}`);
    },

    guard: service => async request => {
      const caller = callerOf(request.caller);
      if (caller === undefined) return service(request);
      const action = actionOf(request);
      const requirements = requirementsOf(request, action);
      if (requirements === undefined) return unknownPermissions(request.service, action);
      const refused = await refusalOf(caller, request.service, requirements);
      if (refused !== undefined) return refused;
      const response = await service(request);
      if (response.status !== 404 || !MISSING_OBJECT.has(`${request.service} ${action}`)) return response;
      // That a key does not exist is told only to those who may list the bucket: GetObject, "Permissions".
      const resource = bucketArn(s3Address(request).bucket);
      return (await refusalOf(caller, 's3', [{ action: 's3:ListBucket', resource }])) ?? response;
    },
  };
}

const MISSING_OBJECT: ReadonlySet<string> = new Set(['s3 GetObject', 's3 HeadObject']);

function unknownPermissions(service: string, action: string): AwsResponse {
  const message = `The local cloud does not know which permissions ${service} ${action} needs`;
  return jsonErrorResponse(new AwsError('NotImplemented', message, 501));
}

function serviceCaller(principal: string, sourceArn: string): Caller {
  return {
    principal,
    policies: [],
    context: { 'aws:SourceArn': sourceArn, 'aws:SourceAccount': LOCAL_ACCOUNT },
  };
}

/** Asks each question once: what was decided for one resource holds for all that the same patterns match. */
function createDecider({ resourcePolicies }: Policies) {
  const known = new Map<string, Promise<Decision>>();
  const decisions: Decision[] = [];
  const matchers = new Map<string, RegExp>();

  function isMatch(pattern: string, resource: string): boolean {
    const matcher = matchers.get(pattern) ?? wildcardPattern(pattern);
    matchers.set(pattern, matcher);
    return matcher.test(resource);
  }

  async function decide(
    question: Question,
    identityPolicies: readonly Policy[],
    resourcePolicy: Policy | undefined,
  ): Promise<Decision> {
    const verdict = await simulate(question, identityPolicies, resourcePolicy);
    const decision = { question, identityPolicies, resourcePolicy, verdict };
    decisions.push(decision);
    return decision;
  }

  function ask(caller: Caller, { action, resource, context = {} }: Requirement): Promise<Decision> {
    const owner = ownerOf(resource);
    const resourcePolicy = resourcePolicies.get(owner);
    const applicable = [...caller.policies, ...(resourcePolicy === undefined ? [] : [resourcePolicy])];
    const patterns = applicable.flatMap(({ statements }) => statements.flatMap(each => each.Resource ?? []));
    const question = {
      principal: caller.principal,
      action,
      // A key may hold wildcards itself, which a question must not.
      resource: resource.replaceAll(/[*?$]/g, '_'),
      // Everything here is plain HTTP on one machine, where AWS has TLS: what a policy wants to know is whether it is safe.
      context: { 'aws:SecureTransport': 'true', ...caller.context, ...context },
    };
    const shape = patterns.map(pattern => isMatch(pattern, question.resource));
    const key = JSON.stringify([question.principal, action, owner, shape, question.context]);
    const decision = known.get(key) ?? decide(question, caller.policies, resourcePolicy);
    known.set(key, decision);
    return decision;
  }

  return { ask, decisions };
}

/** The resource that carries the policy: of an object, its bucket. */
function ownerOf(resource: string): string {
  return resource.startsWith('arn:aws:s3:::') ? resource.replace(/\/.*$/s, '') : resource;
}

function wildcardPattern(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}
