import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';
import type { AwsRequest, AwsService } from '../../kernel/aws-api.ts';
import { s3Address, s3Request } from './s3-request.ts';
import { s3Error, s3Response } from './s3-xml.ts';

/** S3's own limit for one request. */
const MAX_KEYS = 1000;

const parser = new XMLParser({
  isArray: name => name === 'Object',
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
});

const Delete = z.object({
  Delete: z.object({
    Object: z.array(z.looseObject({ Key: z.string() })),
    Quiet: z.literal(['true', 'false']).default('false'),
  }),
});

/** Whether a request is DeleteObjects. */
export function isDeleteObjects(request: AwsRequest): boolean {
  return request.method === 'POST' && s3Address(request).query.has('delete');
}

/** The keys that a DeleteObjects request names; none if it is malformed. */
export function keysToDelete(request: AwsRequest): string[] {
  return deletionIn(request)?.Object.map(({ Key }) => Key) ?? [];
}

function deletionIn({ body }: AwsRequest): z.infer<typeof Delete>['Delete'] | undefined {
  const text = body.toString();
  return XMLValidator.validate(text) === true ? Delete.safeParse(parser.parse(text)).data?.Delete : undefined;
}

/**
 * Deletes objects one by one: fauxqs reads `&amp;lt;` as `<`, and no character references at all.
 */
export function withDeleteObjects(s3: AwsService): AwsService {
  return async request => {
    if (!isDeleteObjects(request)) return s3(request);
    const { Object: objects, Quiet } = deletionIn(request) ?? { Object: [], Quiet: 'false' };
    if (objects.length === 0 || objects.length > MAX_KEYS) return s3Error(400, 'MalformedXML', MALFORMED);
    const condition = objects.flatMap(Object.keys).find(name => name !== 'Key');
    if (condition !== undefined)
      return s3Error(
        501,
        'NotImplemented',
        `The local cloud does not emulate DeleteObjects with ${condition}`,
      );
    const { bucket } = s3Address(request);
    for (const { Key: key } of objects) {
      const answer = await s3(s3Request({ caller: request.caller, method: 'DELETE', bucket, key }));
      if (answer.status >= 300) return answer;
    }
    const deleted = Quiet === 'true' ? {} : { Deleted: objects.map(({ Key }) => ({ Key })) };
    return s3Response('DeleteResult', deleted);
  };
}

const MALFORMED = 'The XML you provided was not well-formed or did not validate against our published schema';
