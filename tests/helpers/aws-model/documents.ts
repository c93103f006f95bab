import { cbor } from '@smithy/core/cbor';
import type { AwsResponse } from '../../../infra/local/kernel/aws-api.ts';
import { type Report, ValueCheck } from './check-value.ts';
import { CBOR_FORMAT, type Format, JSON_FORMAT, parseXml, XML_FORMAT } from './formats.ts';
import { CONTENT_TYPES, type Spoken } from './protocols.ts';

/** A body as its protocol writes it. */
export interface Document {
  readonly format: Format;
  readonly value: unknown;
  readonly check: ValueCheck;
}

/**
 * Reads a body, and reports what is wrong with it as a whole.
 *
 * @param root of a document in XML
 * @returns undefined if it cannot be read
 */
export function readDocument(
  { body = '', headers }: AwsResponse,
  { protocol, namespace }: Spoken,
  root: string,
  report: Report,
): Document | undefined {
  const [contentType = ''] = String(headers?.['content-type'] ?? 'missing').split(';');
  const expected = CONTENT_TYPES[protocol];
  if (!expected.includes(contentType))
    report('The content type', `is ${contentType}, not ${expected.join(' or ')}`);
  const document = (format: Format, value: unknown) => ({
    format,
    value,
    check: new ValueCheck(format, report),
  });
  try {
    if (protocol === 'cbor') return document(CBOR_FORMAT, cbor.deserialize(Buffer.from(body)));
    if (protocol !== 'query' && protocol !== 'rest-xml')
      return document(JSON_FORMAT, JSON.parse(String(body)));
    const parsed = parseXml(String(body));
    if (parsed.name !== root) report('The root element', `is ${parsed.name}, not ${root}`);
    if (namespace !== undefined && parsed.namespace !== namespace)
      report('The namespace', `is ${parsed.namespace || 'missing'}, not ${namespace || 'none'}`);
    return document(XML_FORMAT, parsed.content);
  } catch (error) {
    report('The body', `cannot be read: ${String(error)}`);
    return undefined;
  }
}
