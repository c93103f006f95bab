import * as z from 'zod/mini';

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
  /** Also called for a resource that was never created, or only in part. */
  remove(properties: unknown): Promise<void>;
}

/** The id of a resource that could not be created. CloudFormation asks to remove it as well. */
const NEVER_CREATED = 'never-created';

/** A response may have 4,096 bytes, and JSON may need six for a character. */
const LONGEST_REASON = 500;

/**
 * Does what CloudFormation asks for, and always answers: an error becomes the reason of a failure,
 * and so does time that runs out. A resource that was never created is removed as far as possible,
 * because what prevented its creation often prevents its removal, and a failed removal leaves the
 * whole stack in ROLLBACK_FAILED.
 *
 * @param timeUp resolves shortly before the function is stopped
 */
export async function answerTo(
  request: ResourceRequest,
  kind: ResourceKind,
  timeUp: Promise<unknown>,
): Promise<ResourceResponse> {
  const { StackId, RequestId, LogicalResourceId, PhysicalResourceId = NEVER_CREATED } = request;
  const same = { StackId, RequestId, LogicalResourceId };
  try {
    const tooLate = timeUp.then(() => Promise.reject(new Error('It took too long. Deploy again.')));
    const done = await Promise.race([carryOut(request, kind), tooLate]);
    return { ...same, PhysicalResourceId, ...done, Status: 'SUCCESS' };
  } catch (error) {
    const Reason = reasonOf(error).slice(0, LONGEST_REASON).toWellFormed();
    const isUndone = request.RequestType === 'Delete' && PhysicalResourceId === NEVER_CREATED;
    return { ...same, PhysicalResourceId, Status: isUndone ? 'SUCCESS' : 'FAILED', Reason };
  }
}

async function carryOut({ RequestType, ResourceProperties }: ResourceRequest, kind: ResourceKind) {
  if (RequestType === 'Delete') {
    await kind.remove(ResourceProperties);
    return {};
  }
  const PhysicalResourceId = kind.idOf(ResourceProperties);
  return { PhysicalResourceId, Data: await kind.put(ResourceProperties) };
}

/** Includes the name of AWS's errors: `AccessDenied` says more than some messages. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'Error' || error.name === 'DeploymentRefused'
    ? error.message
    : `${error.name}: ${error.message}`;
}
