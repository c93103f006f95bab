import * as z from 'zod/mini';

/** What CloudFormation asks of the function behind a custom resource (CloudFormation user guide, "Custom resource request objects"). */
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

/** What CloudFormation waits for, up to an hour if it never comes. */
export interface ResourceResponse {
  readonly Status: 'SUCCESS' | 'FAILED';
  /** Of a failure, which the events of the stack show, or of a success that needs one. */
  readonly Reason?: string;
  readonly PhysicalResourceId: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** For `Fn::GetAtt`. */
  readonly Data?: Readonly<Record<string, string>>;
}

/** A kind of resource. Every function may be called again with the same properties. */
export interface ResourceKind {
  /** Another id than before is another resource: CloudFormation then asks to remove the former one. */
  idOf(properties: unknown): string;
  /** @returns the attributes of the resource */
  put(properties: unknown): Promise<Readonly<Record<string, string>>>;
  /** Also of what may not have been made, or not wholly. */
  remove(properties: unknown): Promise<void>;
}

/** The id of what could not be created. CloudFormation asks to remove that as well. */
const NEVER_CREATED = 'never-created';

/** The whole response may have 4,096 bytes, and JSON six for a character. */
const LONGEST_REASON = 500;

/**
 * Does what CloudFormation asks for, and answers in any case: an error is the reason of a failure, and so is time that runs out. What
 * was never created is removed as far as possible, for what was in the way of creating it is often in the way of removing it too, and
 * a removal that fails leaves the whole stack in ROLLBACK_FAILED.
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
    const tooLate = timeUp.then(() => Promise.reject(new Error('It took too long. Deploy once more.')));
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

/** Of what AWS refuses its name too: `AccessDenied` says more than some messages. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.name === 'Error' || error.name === 'DeploymentRefused'
    ? error.message
    : `${error.name}: ${error.message}`;
}
