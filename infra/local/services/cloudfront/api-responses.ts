import { AwsError, type AwsResponse } from '../../kernel/aws-api.ts';
import { xmlErrorResponse, xmlResponse } from '../../kernel/xml.ts';
import { splitQuery } from './invalidation-paths.ts';

export const API_VERSION = '2020-05-31';
const NAMESPACE = `http://cloudfront.amazonaws.com/doc/${API_VERSION}/`;
const DEFAULT_MAX_ITEMS = 100;

/** The result of an operation. */
export function cloudFrontResponse(
  status: number,
  element: string,
  content: object,
  headers: Readonly<Record<string, string>> = {},
): AwsResponse {
  return xmlResponse(status, { [element]: { '@_xmlns': NAMESPACE, ...content } }, headers);
}

export function cloudFrontError(error: AwsError): AwsResponse {
  return xmlErrorResponse(error, NAMESPACE);
}

/** One page of a list: `MaxItems` items after `Marker`. @throws AwsError `InvalidArgument` */
export function pageOf<T>(all: readonly T[], url: string, idOf: (item: T) => string) {
  const query = new URLSearchParams(splitQuery(url)[1]);
  const marker = query.get('Marker') ?? '';
  const maxItems = Number(query.get('MaxItems') ?? DEFAULT_MAX_ITEMS);
  const start = marker === '' ? 0 : all.findIndex(item => idOf(item) === marker) + 1;
  if (!Number.isInteger(maxItems) || maxItems < 1 || (marker !== '' && start === 0)) {
    throw new AwsError('InvalidArgument', 'The parameter Marker or MaxItems is invalid.');
  }
  const items = all.slice(start, start + maxItems);
  const last = items.at(-1);
  const isTruncated = start + maxItems < all.length;
  return {
    items,
    frame: {
      Marker: marker,
      ...(isTruncated && last !== undefined ? { NextMarker: idOf(last) } : {}),
      MaxItems: maxItems,
      IsTruncated: isTruncated,
    },
  };
}
