import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildPackage } from './build.ts';

const { repository } = parseArgs({ options: { repository: { type: 'string' } } }).values;
const output = fileURLToPath(new URL('../../dist', import.meta.url));
const { tarball, files, packedBytes, unpackedBytes } = await buildPackage({ output, repository });
const inKb = (bytes: number) => `${Math.round(bytes / 1000)} KB`;
console.log(`${tarball}: ${files.length} files, ${inKb(packedBytes)}, unpacked ${inKb(unpackedBytes)}`);
