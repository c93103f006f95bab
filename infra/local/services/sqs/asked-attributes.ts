import { operationOf } from '../../kernel/action-names.ts';
import { fieldsOf } from '../../kernel/api-traits.ts';
import type { AwsService } from '../../kernel/aws-api.ts';

/** By action: what names the attributes to return, and what makes fauxqs return none. */
const NOTHING: Readonly<Record<string, { readonly field: string; readonly value: readonly string[] }>> = {
  GetQueueAttributes: { field: 'AttributeNames', value: [] },
  // To fauxqs an empty list is none; no attribute has an empty name.
  ReceiveMessage: { field: 'MessageAttributeNames', value: [''] },
};

/** To a request that names no attributes SQS returns none, fauxqs all. */
export function withAskedAttributes(fauxqs: AwsService): AwsService {
  return request => {
    const nothing = NOTHING[operationOf(request)];
    if (nothing === undefined) return fauxqs(request);
    const fields = fieldsOf<Record<string, unknown>>(request.body);
    const asked = fields[nothing.field];
    if (Array.isArray(asked) && asked.length > 0) return fauxqs(request);
    const body = Buffer.from(JSON.stringify({ ...fields, [nothing.field]: nothing.value }));
    return fauxqs({ ...request, body });
  };
}
