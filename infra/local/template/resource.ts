import { createHash } from 'node:crypto';

/** What `Ref` and `Fn::GetAtt` return for a resource. */
export interface Identity {
  readonly ref: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A resource of a template with every intrinsic function resolved. */
export interface Resource extends Identity {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
  /** A custom resource: a function of the template makes it, not a service. */
  readonly isCustom?: true;
}

/** What a resource's identity is made of. */
export interface Names {
  readonly stackName: string;
  readonly logicalId: string;
  /** Stack and logical id: unique in the account. */
  readonly name: string;
  /** URL of the AWS APIs. */
  readonly endpoint: string;
  /** A property, resolved; undefined if absent. */
  property(name: string): unknown;
  /** The property if there is one, else `name`. */
  named(property: string): string;
}

/** How the local cloud treats one CloudFormation resource type. */
export interface ResourceType {
  /**
   * The physical name in the local account. It depends on the template alone, so a restart finds
   * its state again.
   */
  readonly identity: (names: Names) => Identity;
  /** Properties that the local cloud acts on. */
  readonly emulated: readonly string[];
  /** Properties accepted without effect; `npm start` lists them. */
  readonly accepted?: readonly string[];
  /** Set if everybody can reach such a resource over HTTP. */
  readonly published?: {
    /** Its URL on AWS, to be replaced by one on this machine. */
    readonly urlOf: (identity: Identity) => string;
    /**
     * Option that holds the first resource's port: `site` for `--site-port`. Others get any free
     * port.
     */
    readonly port: string;
    /** Name under which this machine serves it. @default 127.0.0.1 */
    readonly host?: 'localhost';
  };
}

export type ResourceTypes = Readonly<Record<string, ResourceType>>;

/** Identity of a resource without attributes. */
export function refOnly(ref: string): Identity {
  return { ref, attributes: {} };
}

/** A physical id that stays the same in every start. @param name unique in the account */
export function stableId(name: string, length: number): string {
  return createHash('sha256').update(name).digest('hex').slice(0, length);
}
