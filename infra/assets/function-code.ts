import { writeFileSync } from 'node:fs';
import { AssetHashType } from 'aws-cdk-lib';
import { Code, Runtime } from 'aws-cdk-lib/aws-lambda';

/** Bundled code by the handlers' names, such as `pipeline/invalidate`. */
export type Bundles = ReadonlyMap<string, Uint8Array>;

/**
 * The code of a function, from bundles that are made or read when the first one is needed.
 *
 * @param folder any that exists: the CDK wants a source, which local bundling does not read
 */
export function functionCode(handler: string, folder: string, bundles: () => Bundles): Code {
  return Code.fromAsset(folder, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never run. CDK recognises equal bundles by it, so that the functions of two stacks share
      // theirs.
      image: Runtime.NODEJS_24_X.bundlingImage,
      command: [handler],
      local: {
        tryBundle(directory) {
          const bundle = bundles().get(handler);
          if (bundle === undefined) throw new Error(`There is no code of ${handler}`);
          writeFileSync(`${directory}/index.mjs`, bundle);
          return true;
        },
      },
    },
  });
}
