/** Bits 32 to 63 of a number, and the lower ones. BigInt would take seconds for some MiB. */
type Halves = readonly [high: number, low: number];

const ONES = 0xffffffff;

/** CRC-32C, as iSCSI has it. */
export const crc32c = reflectedCrc([0, 0x82f63b78], 4);

/** CRC-64/NVME, which the AWS CLI uses unless told otherwise. */
export const crc64nvme = reflectedCrc([0x9a6c9329, 0xac4bc9b5], 8);

/**
 * A CRC that reads bits from the lowest, and begins and ends with all of them inverted.
 *
 * @param polynomial with its bits reversed
 * @returns the CRC of some bytes, as `width` bytes
 */
function reflectedCrc(polynomial: Halves, width: 4 | 8): (bytes: Uint8Array) => Buffer {
  const highs = new Uint32Array(256);
  const lows = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    const [high, low] = remainderOf(byte, polynomial);
    highs[byte] = high;
    lows[byte] = low;
  }
  return bytes => {
    let high = width === 8 ? ONES : 0;
    let low = ONES;
    for (const byte of bytes) {
      const index = (low ^ byte) & 0xff;
      low = (lows[index] ?? 0) ^ ((low >>> 8) | (high << 24));
      high = (highs[index] ?? 0) ^ (high >>> 8);
    }
    const result = Buffer.alloc(8);
    result.writeUInt32BE((high ^ ONES) >>> 0, 0);
    result.writeUInt32BE((low ^ ONES) >>> 0, 4);
    return result.subarray(8 - width);
  };
}

function remainderOf(byte: number, [polynomialHigh, polynomialLow]: Halves): Halves {
  let [high, low] = [0, byte];
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) === 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (isOdd) [high, low] = [high ^ polynomialHigh, low ^ polynomialLow];
  }
  return [high, low];
}
