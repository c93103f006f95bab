export interface ChunkedContent {
  readonly content: Buffer;
  /** Headers behind the content, by their names in lower case. */
  readonly trailers: Readonly<Record<string, string>>;
}

/**
 * Reads content in S3's own chunks: S3 API reference, "Signature calculations for the authorization
 * header: transferring payload in multiple chunks". Signatures are not checked.
 *
 * @returns undefined if a chunk is incomplete
 */
export function readChunks(body: Buffer): ChunkedContent | undefined {
  const chunks: Buffer[] = [];
  let offset = 0;
  for (;;) {
    const end = body.indexOf('\r\n', offset);
    const size = /^([\da-f]+)(?:;.*)?$/i.exec(body.toString('latin1', offset, Math.max(offset, end)))?.[1];
    if (size === undefined) return undefined;
    const start = end + 2;
    const length = Number.parseInt(size, 16);
    if (length === 0) return { content: Buffer.concat(chunks), trailers: trailersIn(body.subarray(start)) };
    offset = start + length + 2;
    if (offset > body.length) return undefined;
    chunks.push(body.subarray(start, start + length));
  }
}

function trailersIn(lines: Buffer): Record<string, string> {
  const fields = lines.toString('latin1').split('\r\n');
  return Object.fromEntries(
    fields
      .map(field => /^([^:]+):(.*)$/.exec(field))
      .filter(match => match !== null)
      .map(([, name = '', value = '']) => [name.trim().toLowerCase(), value.trim()]),
  );
}
