import { operationOf } from '../../kernel/action-names.ts';
import { fieldsOf } from '../../kernel/api-traits.ts';
import { AwsError, type AwsService } from '../../kernel/aws-api.ts';
import { sqsErrorResponse } from './error-codes.ts';

const BY_HANDLE: ReadonlySet<string> = new Set(['ChangeMessageVisibility', 'DeleteMessage']);

/** As fauxqs makes them. */
const HANDLE = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Refuses a receipt handle that no queue can have given out, where fauxqs sees one whose message is
 * no longer in flight.
 */
export function withReceiptHandles(fauxqs: AwsService): AwsService {
  return async request => {
    const response = await fauxqs(request);
    if (!BY_HANDLE.has(operationOf(request))) return response;
    const { ReceiptHandle } = fieldsOf<{ ReceiptHandle: unknown }>(request.body);
    if (typeof ReceiptHandle !== 'string' || HANDLE.test(ReceiptHandle)) return response;
    const isTakenForOld = response.status < 400 || String(response.body).includes('MessageNotInflight');
    return isTakenForOld ? sqsErrorResponse(INVALID) : response;
  };
}

const INVALID = new AwsError('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.', 404);
