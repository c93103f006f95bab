import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CfnResource, Stack } from 'aws-cdk-lib';
import { Code, type CodeConfig, type ResourceBindOptions } from 'aws-cdk-lib/aws-lambda';
import { DISABLE_ASSET_STAGING_CONTEXT } from 'aws-cdk-lib/cx-api';
import type { Construct } from 'constructs';

/** Bundled code by the handlers' names, such as `pipeline/invalidate`. */
export type Bundles = ReadonlyMap<string, Uint8Array>;

/**
 * The code of a function, from bundles that are made or read when the first one is needed. CDK's
 * own bundling would name every function on its user's terminal, and ask for an image of Docker
 * that never runs.
 *
 * @param placeholder a folder that stands for the code where CDK asks for none, as `cdk list` does
 */
export function functionCode(handler: string, placeholder: string, bundles: () => Bundles): Code {
  return new BundledCode(handler, placeholder, bundles);
}

class BundledCode extends Code {
  #asset: Code | undefined;

  readonly #handler: string;
  readonly #placeholder: string;
  readonly #bundles: () => Bundles;

  constructor(handler: string, placeholder: string, bundles: () => Bundles) {
    super();
    this.#handler = handler;
    this.#placeholder = placeholder;
    this.#bundles = bundles;
  }

  override bind(scope: Construct): CodeConfig {
    if (!Stack.of(scope).bundlingRequired) {
      this.#asset = Code.fromAsset(this.#placeholder);
      return this.#asset.bind(scope);
    }
    const bundle = this.#bundles().get(this.#handler);
    if (bundle === undefined) throw new Error(`There is no code of ${this.#handler}`);
    const folder = mkdtempSync(join(tmpdir(), 'function-'));
    writeFileSync(join(folder, 'index.mjs'), bundle);
    this.#asset = Code.fromAsset(folder, { assetHash: createHash('sha256').update(bundle).digest('hex') });
    const config = this.#asset.bind(scope);
    // CDK has copied it into its output, unless it was told to refer to it.
    if (scope.node.tryGetContext(DISABLE_ASSET_STAGING_CONTEXT) === undefined)
      rmSync(folder, { recursive: true });
    return config;
  }

  override bindToResource(resource: CfnResource, options?: ResourceBindOptions): void {
    this.#asset?.bindToResource(resource, options);
  }
}
