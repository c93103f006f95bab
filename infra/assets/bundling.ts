import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** How esbuild makes one file of a handler and everything that it imports. */
export const BUNDLING = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minify: true,
  // The SDK recognises its errors and loggers by the names of their classes.
  keepNames: true,
  mainFields: ['module', 'main'],
  // What esbuild takes itself, unless there are others.
  conditions: ['module'],
  // CommonJS dependencies inside an ES module bundle still call require().
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
} satisfies BuildOptions;

export interface HandlerBundles {
  /** By the handlers' names. */
  readonly bundles: ReadonlyMap<string, Uint8Array>;
  /** What they were made of. */
  readonly metafile: Metafile;
}

/**
 * Bundles handlers, all at once: esbuild then reads what they share, most of the SDK, only once.
 *
 * @param handlers paths in `handlers/` without their extension, such as `pipeline/invalidate`, or
 * patterns of them
 * @param conditions of package.json's `imports`, on which depends what `#edition` means
 */
export function bundleHandlers(
  handlers: readonly string[],
  conditions: readonly string[] = [],
): HandlerBundles {
  const { outputFiles, metafile } = buildSync({
    ...BUNDLING,
    conditions: [...BUNDLING.conditions, ...conditions],
    entryPoints: handlers.map(handler => `handlers/${handler}.ts`),
    outbase: 'handlers',
    outdir: ROOT,
    metafile: true,
    write: false,
  });
  const bundles = outputFiles.map(
    ({ path, contents }) =>
      [relative(ROOT, path).replaceAll('\\', '/').replace(/\.js$/, ''), contents] as const,
  );
  return { bundles: new Map(bundles), metafile };
}
