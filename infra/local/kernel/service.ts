import type { RequestListener } from 'node:http';
import type { Account } from '../template/account.ts';
import type { Resource, ResourceTypes } from '../template/resource.ts';
import type { LoadedStack, ResolveOptions } from '../template/template.ts';
import type { ApiTraits } from './api-traits.ts';
import type { AwsService } from './aws-api.ts';
import type { Capability, NamedCapability, Offer } from './capability.ts';
import type { DurableStore } from './durable-map.ts';
import type { Journal } from './journal.ts';
import type { Permissions } from './permissions/permissions.ts';
import type { AccessRules } from './permissions/policies.ts';

/**
 * One service of the local cloud. README.md in infra/local says how to write one.
 *
 * Methods, not function properties: a list may then hold services of different definitions and
 * options.
 */
export interface Service<Definitions = unknown, Options = unknown> {
  /** Folder in `services/`. */
  readonly name: string;
  /** The CloudFormation resource types that it makes. */
  readonly types: ResourceTypes;
  /** What the kernel has to know about its APIs, by signing name. @default nothing special */
  readonly apis?: Readonly<Record<string, ApiTraits>>;
  /**
   * Capabilities of other services that it uses, those of services that start later included.
   *
   * @default none
   */
  readonly needs?: readonly NamedCapability[];
  /** What its resources say about who may do what. @default nothing */
  access?(account: Account): AccessRules;
  /** Turns resources into definitions of its own. @throws Error naming what is not emulated */
  parse(account: Account): Definitions;
  /**
   * Makes the resources, and has its APIs answer. It may call the APIs of services that started
   * before it.
   */
  start(definitions: Definitions, cloud: Cloud<Options>): Promise<Running> | Running;
}

/** What a service is started with. */
export interface Cloud<Options = unknown> {
  /** Options of `startLocalCloud`. */
  readonly options: Options;
  /** Calls any AWS API from inside this process. */
  readonly callAws: AwsService;
  /** URL of the AWS APIs, for other processes. */
  readonly endpoint: string;
  /** URLs on AWS, and those on this machine that stand for them. */
  readonly localUrls: Readonly<Record<string, string>>;
  readonly journal: Journal;
  readonly store: DurableStore;
  readonly permissions: Permissions;
  /** Real seconds per AWS second. */
  readonly timeScale: number;
  /** Changes which stacks run. */
  readonly deployments: Deployments;
  /**
   * Makes something once. Every later start of the same service, after a deployment, gets the same;
   * it stops with the local cloud.
   */
  lasting<Part extends Lasting | Promise<Lasting>>(name: string, make: () => Part): Part;
  /** All stacks, with everything that is known by now. */
  account(): Account;
  /** Folder for an emulator that keeps files itself; undefined: keep everything in memory. */
  folder(name: string): string | undefined;
  /** A capability of another service; works once that service has started. */
  use<Arguments extends unknown[], Result>(
    capability: Capability<Arguments, Result>,
  ): (...args: Arguments) => Result;
}

/** Which stacks run. A deployment starts all services anew, as a start of the local cloud does. */
export interface Deployments {
  /** Resolves a template. @throws Error naming what of it is not emulated */
  resolve(text: string, options: Omit<ResolveOptions, 'endpoint' | 'types'>): LoadedStack;
  /** The stacks that run now, before services filled in what they make known. */
  stacks(): readonly LoadedStack[];
  /**
   * Runs these stacks instead of those that run now.
   *
   * @throws Error if one cannot be made. Nothing runs then until another deployment
   */
  deploy(stacks: readonly LoadedStack[]): Promise<void>;
  /**
   * Performs an operation once those before it have ended. The local cloud does not stop meanwhile.
   */
  perform(operation: () => Promise<void>): void;
  /** Removes what services keep of a resource that no stack has any more. */
  remove(resource: Resource): Promise<void>;
}

/** What outlives deployments. */
export interface Lasting {
  stop(): Promise<void> | void;
}

/** A service that has started. */
export interface Running {
  /** By signing name. Calls pass the permissions before they get here. */
  readonly apis?: Readonly<Record<string, AwsService>>;
  readonly offers?: readonly Offer[];
  /**
   * Fills in what this service has made known, such as secrets, for the services that start after
   * it.
   */
  complete?(stack: LoadedStack): LoadedStack;
  /** Answers over HTTP for its published resources, by type. */
  readonly serves?: Readonly<Record<string, (ref: string) => RequestListener>>;
  /** Removes what is kept of a resource once no stack has it any more, by type. */
  readonly removes?: Readonly<Record<string, (resource: Resource) => Promise<void> | void>>;
  /** What resources ask for without effect, beside properties; one sentence each. */
  readonly notEmulated?: readonly string[];
  /**
   * Called once every service has started: begin what needs no call, such as polling.
   *
   * @returns what ends it, called before any service is stopped
   */
  begin?(): Promise<Stop | undefined> | Stop | undefined;
  readonly stop?: Stop;
}

export type Stop = () => Promise<void> | void;

/** A service whose resources the local cloud accepts, and reads at most for permissions. */
export function typesOnly(
  name: string,
  types: ResourceTypes,
  access?: (account: Account) => AccessRules,
): Service {
  return {
    name,
    types,
    ...(access === undefined ? {} : { access }),
    parse: () => undefined,
    start: () => ({}),
  };
}
