import type { AwsRequest, AwsResponse } from '../../infra/local/kernel/aws-api.ts';
import { s3Address } from '../../infra/local/services/s3/s3-request.ts';

/** A site whose keys are computed, so that ten million of them take no memory. */
export interface LazySite {
  readonly name: string;
  readonly size: number;
  /** Ascending in the order in which S3 lists. */
  readonly keyAt: (index: number) => string;
}

const digits = (value: number, count: number) => String(value).padStart(count, '0');

/** A hundred pages in a topic, a hundred topics in a section. */
export const docs = (size: number): LazySite => ({
  name: 'docs',
  size,
  keyAt: index =>
    `docs/section-${digits(Math.floor(index / 10_000), 4)}/topic-${digits(Math.floor(index / 100) % 100, 2)}` +
    `/page-${digits(index % 100, 2)}.html`,
});

const FILES = ['data.json', 'large.jpg', 'page.html', 'small.jpg'];

/** Four files for each product. */
export const shop = (size: number): LazySite => ({
  name: 'shop',
  size,
  keyAt: index => `products/${digits(Math.floor(index / FILES.length), 8)}/${FILES[index % FILES.length]}`,
});

const PAGE = 1000;

/** What S3 answers to ListObjectsV2, with all that it says of an object. */
export function listingOf({ size, keyAt }: LazySite, request: AwsRequest): AwsResponse {
  const { query } = s3Address(request);
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  let [first, end] = [0, size];
  while (first < end) {
    const middle = (first + end) >>> 1;
    // These keys are ASCII, so S3 has them in the order of strings.
    if (keyAt(middle) < prefix || keyAt(middle) <= after) first = middle + 1;
    else end = middle;
  }
  const isThere = (index: number) => index < size && keyAt(index).startsWith(prefix);
  const keys: string[] = [];
  for (let index = first; keys.length < PAGE && isThere(index); index++) keys.push(keyAt(index));
  const isTruncated = isThere(first + keys.length);
  const xml = [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>site</Name>',
    `<Prefix>${prefix}</Prefix><KeyCount>${keys.length}</KeyCount><MaxKeys>${PAGE}</MaxKeys>`,
    `<EncodingType>url</EncodingType><IsTruncated>${isTruncated}</IsTruncated>`,
    isTruncated ? `<NextContinuationToken>${keys.at(-1)}</NextContinuationToken>` : '',
    ...keys.map(contentsOf),
    '</ListBucketResult>',
  ];
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: xml.join('') };
}

const contentsOf = (key: string) =>
  `<Contents><Key>${key}</Key><LastModified>2026-11-02T10:00:00.000Z</LastModified>` +
  '<ETag>&quot;d41d8cd98f00b204e9800998ecf8427e&quot;</ETag>' +
  '<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>' +
  '<Size>4096</Size><StorageClass>STANDARD</StorageClass></Contents>';
