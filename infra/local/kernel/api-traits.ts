import type { AwsRequest, AwsResponse } from './aws-api.ts';

/** One of the permissions that a request needs. */
export interface Requirement {
  /** `s3:GetObject`: the name in the service authorization reference. */
  readonly action: string;
  readonly resource: string;
  /** Condition keys of the service. A key that IAM takes for a list has a list. */
  readonly context?: Readonly<Record<string, string | string[]>>;
}

/** A permission that a caller lacks. */
export interface Denial {
  /** ARN of the caller; undefined if nobody signed the request. */
  readonly principal: string | undefined;
  readonly action: string;
  readonly resource: string;
  /** Whether a policy denies it, rather than none allowing it. */
  readonly isExplicit: boolean;
}

/** What the endpoint and the permissions have to know about one API. All of it is optional. */
export interface ApiTraits {
  /**
   * Names the action of a request.
   *
   * @default the operation that the request itself names (JSON, CBOR and Query)
   */
  readonly actionOf?: (request: AwsRequest) => string;
  /**
   * The permissions that a request needs, or undefined if the local cloud does not know them.
   *
   * @param action the operation's name, such as `HeadObject`
   * @default unknown: only administrators may call the API
   */
  readonly requirementsOf?: (request: AwsRequest, action: string) => readonly Requirement[] | undefined;
  /** Permissions without which a caller gets a refusal in place of a 404. @default none */
  readonly requiredToSeeMissing?: (request: AwsRequest, action: string) => readonly Requirement[];
  /**
   * The answer to a caller who lacks a permission.
   *
   * @default status 403 in JSON 1.1, in IAM's usual words
   */
  readonly refuse?: (denial: Denial, request: AwsRequest) => AwsResponse;
}

/** The fields of a request in JSON. Any other request has none, so its permissions are unknown. */
export function fieldsOf<Fields>(body: Buffer): Partial<Fields> {
  try {
    return (JSON.parse(body.toString()) ?? {}) as Partial<Fields>;
  } catch {
    return {};
  }
}
