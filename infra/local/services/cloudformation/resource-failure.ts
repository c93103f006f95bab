interface Failure {
  readonly logicalId: string;
  readonly type: string;
  readonly reason: string;
  /** What was asked for, such as `StudentSite: Create`; without it, the reason says so. */
  readonly during?: string;
  readonly cause?: unknown;
}

/** A resource that cannot be made, changed or removed. */
export class ResourceFailedError extends Error {
  override readonly name = 'ResourceFailed';
  readonly logicalId: string;
  readonly reason: string;

  constructor({ logicalId, type, reason, during, cause }: Failure) {
    const what = `${logicalId} (${type})`;
    super(during === undefined ? `${what}: ${reason}` : `${during} of ${what} failed: ${reason}`, { cause });
    this.logicalId = logicalId;
    this.reason = reason;
  }
}
