import * as z from 'zod/mini';
import { DeploymentRefusedError } from '../errors.ts';

/**
 * What CloudFormation asks of the function behind a custom resource (CloudFormation user guide,
 * "Custom resource request objects").
 */
export const ResourceRequest = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
  PhysicalResourceId: z.optional(z.string()),
  ResourceProperties: z.record(z.string(), z.unknown()),
});
export type ResourceRequest = z.infer<typeof ResourceRequest>;

/** The answer that CloudFormation waits for, up to an hour. */
export interface ResourceResponse {
  readonly Status: 'SUCCESS' | 'FAILED';
  /** Shown in the events of the stack. Needed for failures; successes may have one. */
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** For `Fn::GetAtt`. */
  readonly Data?: Readonly<Record<string, string>>;
}

/** A kind of resource. Every method may be called again with the same properties. */
export interface ResourceKind {
  /**
   * A different id than before means a different resource: CloudFormation then asks to remove the
   * former one.
   */
  idOf(properties: unknown): string;
  /** @returns the attributes of the resource */
  put(properties: unknown): Promise<Readonly<Record<string, string>>>;
  /**
   * Also called for a resource that was never created, or only in part.
   *
   * @returns what people should know about what stays
   */
  remove(properties: unknown): Promise<string | undefined>;
}

export interface Timing {
  /** Resolves shortly before the function is stopped. */
  readonly timeUp: Promise<unknown>;
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

/** The id of a resource that could not be created. CloudFormation asks to remove it as well. */
const NEVER_CREATED = 'never-created';

/** A response may have 4,096 bytes, and JSON may need six for a character. */
const LONGEST_REASON = 500;

/**
 * CloudFormation calls the function as soon as it has made the policy, which AWS takes some seconds
 * to know everywhere, DependsOn notwithstanding (aws/aws-cdk#37675). 30 seconds in all.
 */
const PAUSES_UNTIL_PERMITTED_MS = [500, 1000, 1500, 2000, 3000, 4000, 5000, 6000, 7000];

/**
 * Does what CloudFormation asks for, and always answers: an error becomes the reason of a failure,
 * and so does time that runs out. A resource that was never created is removed as far as possible,
 * because what prevented its creation often prevents its removal, and a failed removal leaves the
 * whole stack in ROLLBACK_FAILED.
 */
export async function answerTo(
  request: ResourceRequest,
  kind: ResourceKind,
  { timeUp, pause }: Timing,
): Promise<ResourceResponse> {
  const { StackId, RequestId, LogicalResourceId, PhysicalResourceId = NEVER_CREATED } = request;
  const same = { StackId, RequestId, LogicalResourceId };
  try {
    const tooLate = timeUp.then(() => Promise.reject(new Error('It took too long. Deploy again.')));
    const done = await Promise.race([carryOut(request, kind, pause), tooLate]);
    return { ...same, PhysicalResourceId, ...done, Status: 'SUCCESS' };
  } catch (error) {
    const Reason = reasonOf(error).slice(0, LONGEST_REASON).toWellFormed();
    const isUndone = request.RequestType === 'Delete' && PhysicalResourceId === NEVER_CREATED;
    return { ...same, PhysicalResourceId, Status: isUndone ? 'SUCCESS' : 'FAILED', Reason };
  }
}

async function carryOut(
  { RequestType, ResourceProperties }: ResourceRequest,
  kind: ResourceKind,
  pause: Timing['pause'],
) {
  if (RequestType === 'Delete') {
    const Reason = await kind.remove(ResourceProperties);
    return Reason === undefined ? {} : { Reason };
  }
  const PhysicalResourceId = kind.idOf(ResourceProperties);
  const Data = await oncePermitted(() => kind.put(ResourceProperties), pause);
  return { PhysicalResourceId, Data };
}

/** An update may need a new policy as well, such as one for another bucket. */
async function oncePermitted<Result>(act: () => Promise<Result>, pause: Timing['pause']): Promise<Result> {
  for (const milliseconds of PAUSES_UNTIL_PERMITTED_MS) {
    try {
      return await act();
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await pause(milliseconds);
    }
  }
  return act().catch(error => {
    if (!isRefusal(error)) throw error;
    throw new DeploymentRefusedError(
      `AWS refused this for 30 seconds, longer than a new policy takes to be in force. ${reasonOf(error)}`,
      { cause: error },
    );
  });
}

/**
 * What AWS answers if a policy is missing, or too new: a role's own, or that of S3's destination.
 */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error.name === 'AccessDenied' || error.name === 'AccessDeniedException') return true;
  return error.message.startsWith('Unable to validate the following destination configurations');
}

/** Includes the name of AWS's errors: `AccessDenied` says more than some messages. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'Error' || error.name === 'DeploymentRefused'
    ? error.message
    : `${error.name}: ${error.message}`;
}
