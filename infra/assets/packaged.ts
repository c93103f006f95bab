/*
 * What the constructs deploy besides resources, as the published package brings it: `#assets`
 * there, instead of infra/assets/sources.ts. The files are in a folder beside that of the bundle
 * which this becomes a part of, so an app needs neither a bundler nor these sources.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import { FUNCTIONS, unpackFunctions } from './archive.ts';
import { type Bundles, functionCode } from './function-code.ts';

const ASSETS = join(import.meta.dirname, '../assets');

/** The file with the definition of the state machine. */
export const WORKFLOW = join(ASSETS, 'refresh.asl.json');

let unpacked: Bundles | undefined;

/**
 * The code of a function.
 *
 * @param handler such as `pipeline/invalidate`
 */
export const handlerCode = (handler: string): Code =>
  functionCode(handler, ASSETS, () => (unpacked ??= unpackFunctions(readFileSync(join(ASSETS, FUNCTIONS)))));
