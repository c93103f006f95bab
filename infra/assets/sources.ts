/*
 * What the constructs deploy besides resources, made from this repository's sources: `#assets`
 * here. In the published package infra/assets/packaged.ts takes its place.
 */

import { fileURLToPath } from 'node:url';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import { bundleHandlers } from './bundling.ts';
import { type Bundles, functionCode } from './function-code.ts';

/** The file with the definition of the state machine. */
export const WORKFLOW = fileURLToPath(new URL('../workflows/refresh.asl.json', import.meta.url));

const HANDLERS = fileURLToPath(new URL('../../handlers', import.meta.url));

let bundled: Bundles | undefined;

/**
 * The code of a function, bundled. The bundle holds the pinned SDK, not the one that the runtime
 * brings: what was tested is what runs. It is made in this process, because CDK's NodejsFunction
 * starts a shell, npx and Node for each function: two thirds of a synthesis.
 *
 * @param handler path in `handlers/` without its extension, such as `pipeline/invalidate`
 */
export const handlerCode = (handler: string): Code =>
  functionCode(handler, HANDLERS, () => (bundled ??= bundleHandlers(['**/*']).bundles));
