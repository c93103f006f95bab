import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import { z } from 'zod';
import { type AwsRequest, type AwsService, authorizationOf } from '../../kernel/aws-api.ts';

/** S3's own limit on one request. */
const MAX_KEYS = 1000;

const parser = new XMLParser({
  isArray: name => name === 'Object',
  parseTagValue: false,
  trimValues: false,
  htmlEntities: true,
});
const builder = new XMLBuilder({ ignoreAttributes: false });

const Delete = z.object({
  Delete: z.object({
    Object: z.array(z.object({ Key: z.string() })),
    Quiet: z.literal(['true', 'false']).default('false'),
  }),
});

/** Whether a request is DeleteObjects. */
export function isDeleteObjects({ method, url }: AwsRequest): boolean {
  return method === 'POST' && new URL(url, 'http://s3').searchParams.has('delete');
}

/** The keys that a DeleteObjects request names; none when it is malformed. */
export function keysToDelete(request: AwsRequest): string[] {
  return deletionIn(request)?.Object.map(({ Key }) => Key) ?? [];
}

function deletionIn({ body }: AwsRequest): z.infer<typeof Delete>['Delete'] | undefined {
  const text = body.toString();
  return XMLValidator.validate(text) === true ? Delete.safeParse(parser.parse(text)).data?.Delete : undefined;
}

/** DeleteObjects key by key: fauxqs reads `&amp;lt;` as `<`, and character references not at all. */
export function withDeleteObjects(s3: AwsService): AwsService {
  return async request => {
    if (!isDeleteObjects(request)) return s3(request);
    const { Object: objects, Quiet } = deletionIn(request) ?? { Object: [], Quiet: 'false' };
    if (objects.length === 0 || objects.length > MAX_KEYS) return xml(400, { Error: MALFORMED });
    const [, bucket = ''] = new URL(request.url, 'http://s3').pathname.split('/');
    for (const { Key } of objects) {
      const answer = await s3({
        ...request,
        method: 'DELETE',
        url: `/${bucket}/${encodeURIComponent(Key)}`,
        headers: { host: 'localhost', authorization: authorizationOf(request.caller, 's3') },
        body: Buffer.alloc(0),
      });
      if (answer.status >= 300) return answer;
    }
    const deleted = Quiet === 'true' ? {} : { Deleted: objects.map(({ Key }) => ({ Key })) };
    return xml(200, { DeleteResult: { '@_xmlns': 'http://s3.amazonaws.com/doc/2006-03-01/', ...deleted } });
  };
}

const MALFORMED = {
  Code: 'MalformedXML',
  Message: 'The XML you provided was not well-formed or did not validate against our published schema',
};

function xml(status: number, content: object) {
  return { status, headers: { 'content-type': 'application/xml' }, body: builder.build(content) };
}
