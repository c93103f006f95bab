/**
 * Cuts a stream into parts of `partBytes`; the last one may be shorter. All parts share one buffer,
 * so memory does not grow with the stream. A part is valid until the next one is read.
 */
export async function* partsOf(
  content: AsyncIterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(partBytes);
  let filled = 0;
  for await (const chunk of content) {
    for (let start = 0; start < chunk.length; ) {
      const piece = chunk.subarray(start, start + partBytes - filled);
      buffer.set(piece, filled);
      start += piece.length;
      filled += piece.length;
      if (filled === partBytes) {
        yield buffer;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield buffer.subarray(0, filled);
}
