import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { AwsError, type AwsRequest, type AwsResponse } from '../../kernel/aws-api.ts';
import { API_VERSION, cloudFrontResponse, pageOf } from './api-responses.ts';
import { quantified } from './distribution-xml.ts';
import type { Invalidation, Invalidations } from './invalidations.ts';

/** CreateInvalidation. @throws AwsError as CloudFront refuses a batch */
export function createInvalidation(
  invalidations: Invalidations,
  { body }: AwsRequest,
  distributionId: string,
): AwsResponse {
  const { callerReference, paths } = parseBatch(body.toString('utf8'));
  const invalidation = invalidations.create(distributionId, callerReference, paths);
  const location = `https://cloudfront.amazonaws.com/${API_VERSION}/distribution/${distributionId}/invalidation/${invalidation.id}`;
  return cloudFrontResponse(201, 'Invalidation', invalidationXml(invalidation), { location });
}

export function listInvalidations(
  invalidations: Invalidations,
  { url }: AwsRequest,
  distributionId: string,
): AwsResponse {
  const { items, frame } = pageOf(invalidations.list(distributionId), url, ({ id }) => id);
  const summaries = items.map(({ id: Id, createdAt, status: Status }) => ({
    Id,
    CreateTime: new Date(createdAt).toISOString(),
    Status,
  }));
  return cloudFrontResponse(200, 'InvalidationList', {
    ...frame,
    ...quantified('InvalidationSummary', summaries),
  });
}

/** GetInvalidation. @throws AwsError `NoSuchInvalidation` */
export function getInvalidation(
  invalidations: Invalidations,
  distributionId: string,
  id: string,
): AwsResponse {
  const invalidation = invalidations.get(distributionId, id);
  if (invalidation === undefined)
    throw new AwsError('NoSuchInvalidation', 'The specified invalidation does not exist.', 404);
  return cloudFrontResponse(200, 'Invalidation', invalidationXml(invalidation));
}

const batchSchema = z.object({
  InvalidationBatch: z.object({
    CallerReference: z.string().min(1),
    Paths: z.object({
      Quantity: z.coerce.number().int(),
      Items: z.union([z.object({ Path: z.array(z.string()).default([]) }), z.literal('')]).optional(),
    }),
  }),
});

const parser = new XMLParser({
  isArray: name => name === 'Path',
  parseTagValue: false,
  trimValues: false,
  // Paths may hold `&amp;`; by default the parser stops at 1,000 of them.
  processEntities: { enabled: true, maxTotalExpansions: 1_000_000, maxExpandedLength: 100_000_000 },
});

function parseBatch(body: string): { callerReference: string; paths: string[] } {
  if (body.trim() === '') throw new AwsError('MissingBody', 'This operation requires a body.');
  const parsed = batchSchema.safeParse(parseXml(body));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new AwsError('MalformedInput', `${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { CallerReference: callerReference, Paths } = parsed.data.InvalidationBatch;
  const paths = Paths.Items === undefined || Paths.Items === '' ? [] : Paths.Items.Path;
  if (Paths.Quantity !== paths.length) {
    throw new AwsError('InconsistentQuantities', 'The value of Quantity and the size of Items do not match.');
  }
  if (paths.length === 0) {
    throw new AwsError('InvalidArgument', 'Your request must contain at least one invalidation path.');
  }
  return { callerReference, paths };
}

function parseXml(body: string): unknown {
  try {
    return parser.parse(body, true);
  } catch (error) {
    throw new AwsError('MalformedInput', error instanceof Error ? error.message : 'The body is not XML');
  }
}

function invalidationXml(invalidation: Invalidation): Record<string, unknown> {
  return {
    Id: invalidation.id,
    Status: invalidation.status,
    CreateTime: new Date(invalidation.createdAt).toISOString(),
    InvalidationBatch: {
      Paths: quantified('Path', invalidation.paths),
      CallerReference: invalidation.callerReference,
    },
  };
}
