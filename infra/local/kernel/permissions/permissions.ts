import type { Account } from '../../template/account.ts';
import { actionNames } from '../action-names.ts';
import type { ApiTraits, Denial, Requirement } from '../api-traits.ts';
import { AwsError, type AwsRequest, type AwsResponse, type AwsService, LOCAL_ACCOUNT } from '../aws-api.ts';
import { errorResponseTo } from '../error-response.ts';
import { type Caller, createDecider, type Decision } from './decider.ts';
import { type AccessRules, type Policies, type Policy, policiesOf } from './policies.ts';
import { accessDenied, denialMessage, jsonRefusal } from './refusal.ts';

export interface Permissions {
  readonly policies: Policies;
  /** Lets through what the caller may do, and answers everything else as AWS refuses it. */
  guard(service: AwsService): AwsService;
  /** @throws AwsError AccessDeniedException if the caller lacks the permission */
  require(caller: string, requirement: Requirement): Promise<void>;
  /**
   * Whether an AWS service may do something for a resource.
   *
   * @param principal such as `lambda.amazonaws.com`
   */
  mayService(principal: string, sourceArn: string, requirement: Requirement): Promise<boolean>;
  /**
   * @throws AwsError InvalidParameterValueException if the role's trust policy does not name the
   * service
   */
  requireTrust(caller: string, service: string, sourceArn: string): Promise<void>;
  /** Every question asked so far, once for each answer that the policies gave. */
  readonly decisions: readonly Decision[];
}

export interface PermissionsOptions {
  /**
   * How many calls of each role are decided before its own policies are in force. On AWS that takes
   * some seconds after their creation.
   *
   * @default 0
   */
  readonly callsBeforePolicies?: number;
}

/** What a service tells about its APIs and its resources' policies. */
interface Guarded {
  readonly apis?: Readonly<Record<string, ApiTraits>>;
  access?(account: Account): AccessRules;
}

/**
 * An origin access identity is a user of CloudFront's own account, which allows it everything: the
 * bucket alone decides.
 */
const EVERYTHING: Policy = {
  id: 'CloudFront',
  statements: [{ Effect: 'Allow', Action: ['*'], Resource: ['*'] }],
};

/**
 * Decides every call by the policies of the template. A caller that is neither a role of the
 * template nor an AWS service is the account's administrator: tests, commands, the AWS CLI.
 *
 * @throws Error naming each part of the policies that the local cloud cannot decide by
 */
export function createPermissions(
  account: Account,
  services: readonly Guarded[],
  { callsBeforePolicies = 0 }: PermissionsOptions = {},
): Permissions {
  const policies = policiesOf(account, services);
  const callerNow = createCallers(policies, callsBeforePolicies);
  const traits = Object.fromEntries(services.flatMap(({ apis = {} }) => Object.entries(apis)));
  const actionOf = actionNames(traits);
  const decider = createDecider(policies);

  async function denialOf(caller: Caller, requirements: readonly Requirement[]): Promise<Denial | undefined> {
    for (const requirement of requirements) {
      const { question, verdict } = await decider.ask(caller, requirement);
      if (verdict.result !== 'Allowed')
        return { ...question, isExplicit: verdict.result === 'ExplicitlyDenied' };
    }
    return undefined;
  }

  return {
    policies,
    decisions: decider.decisions,

    async require(caller, requirement) {
      const known = callerOf(caller, policies);
      const denial = known === undefined ? undefined : await denialOf(known, [requirement]);
      if (denial !== undefined) throw accessDenied(denialMessage(denial));
    },

    mayService: async (principal, sourceArn, requirement) =>
      (await denialOf(serviceCaller(principal, sourceArn), [requirement])) === undefined,

    async requireTrust(caller, service, sourceArn) {
      const role = policies.roles.get(caller);
      if (role === undefined) return;
      const assuming = { action: 'sts:AssumeRole', resource: role.arn };
      if ((await denialOf(serviceCaller(service, sourceArn), [assuming])) !== undefined)
        throw new AwsError('InvalidParameterValueException', `${role.arn} cannot be assumed by ${service}`);
    },

    guard: service => async request => {
      const caller = callerNow(request.caller);
      if (caller === undefined) return service(request);
      const action = actionOf(request);
      const { requirementsOf, requiredToSeeMissing, refuse } = { ...NO_TRAITS, ...traits[request.service] };
      const requirements = requirementsOf(request, action);
      if (requirements === undefined) return unknownPermissions(request, action);
      const denial = await denialOf(caller, requirements);
      if (denial !== undefined) return refuse(denial, request);
      const response = await service(request);
      if (response.status !== 404) return response;
      const unseen = await denialOf(caller, requiredToSeeMissing(request, action));
      return unseen === undefined ? response : refuse(unseen, request);
    },
  };
}

/**
 * Who makes a call now: a caller whose own policies are not in force yet makes it without them.
 *
 * @returns undefined for the administrator
 */
function createCallers(policies: Policies, callsBeforePolicies: number) {
  const calls = new Map<string, number>();
  return (name: string): Caller | undefined => {
    const caller = callerOf(name, policies);
    const before = calls.get(name) ?? 0;
    if (caller === undefined || before >= callsBeforePolicies) return caller;
    calls.set(name, before + 1);
    return { ...caller, policies: [] };
  };
}

/** What holds for an API that says nothing else. */
const NO_TRAITS = {
  requirementsOf: () => undefined,
  requiredToSeeMissing: () => [],
  refuse: (denial: Denial) => jsonRefusal(denial),
};

/** Undefined for the administrator. */
function callerOf(caller: string, { roles, canonicalUsers }: Policies): Caller | undefined {
  const role = roles.get(caller);
  if (role !== undefined) return { principal: role.sessionArn, policies: role.policies, context: {} };
  const [kind, identity = ''] = caller.split('/cloudfront/');
  const user = kind === 'origin-access-identity' ? canonicalUsers.get(identity) : undefined;
  if (user !== undefined) return { principal: user, policies: [EVERYTHING], context: {} };
  if (kind === 'origin-access-identity' || kind === 'anonymous')
    return { principal: undefined, policies: [], context: {} };
  // Whatever IAM names is a role outside the template.
  const service = /^arn:aws:(?!iam:)([\w-]+):/.exec(caller)?.[1];
  return service === undefined ? undefined : serviceCaller(`${service}.amazonaws.com`, caller);
}

function unknownPermissions(request: AwsRequest, action: string): AwsResponse {
  const message = `The local cloud does not know which permissions ${request.service} ${action} needs`;
  return errorResponseTo(request, new AwsError('NotImplemented', message, 501));
}

/** A service that calls for a resource of its own. */
function serviceCaller(principal: string, sourceArn: string): Caller {
  return {
    principal,
    policies: [],
    context: { 'aws:SourceArn': sourceArn, 'aws:SourceAccount': LOCAL_ACCOUNT },
  };
}
