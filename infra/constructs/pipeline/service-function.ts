import { writeFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type BuildOptions, buildSync } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** How esbuild makes one file of a handler and all that it imports. */
export const BUNDLING = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  minify: true,
  // The SDK tells its errors and loggers apart by the names of their classes, too.
  keepNames: true,
  mainFields: ['module', 'main'],
  // CommonJS dependencies inside an ES module bundle still call require().
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
} satisfies BuildOptions;

export interface ServiceFunctionProps {
  /** Path in `handlers/` without its extension, such as `pipeline/invalidate`. */
  readonly handler: string;
  readonly description: string;
  readonly environment: Readonly<Record<string, string>>;
  /** @default 30 seconds */
  readonly timeout?: Duration;
  /** @default 512, which also buys a third of a CPU */
  readonly memoryMb?: number;
}

/** One Lambda of this product: Node 24, one bundled file, logs kept for a month. */
export class ServiceFunction extends LambdaFunction {
  /** The handler's file name without its extension, such as `invalidate`: how people refer to it. */
  readonly handlerName: string;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id, {
      code: bundled(props.handler),
      handler: 'index.handler',
      description: props.description,
      environment: { POWERTOOLS_SERVICE_NAME: Stack.of(scope).stackName, ...props.environment },
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMb ?? 512,
      timeout: props.timeout ?? Duration.seconds(30),
      logGroup: new LogGroup(scope, `${id}Logs`, {
        retention: RetentionDays.ONE_MONTH,
        removalPolicy: RemovalPolicy.DESTROY,
      }),
    });
    this.handlerName = basename(props.handler);
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
      reason: "AWS's managed policy for writing a function's logs grants nothing else.",
    });
  }
}

/**
 * The pinned SDK is in it, not whichever the runtime brings: what was tested is what runs. Bundled in this process, for CDK's
 * NodejsFunction starts a shell, npx and Node for each function, which took two thirds of a synthesis.
 */
function bundled(handler: string): Code {
  return Code.fromAsset(`${ROOT}handlers`, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never run, but CDK tells bundles apart by it: the functions of two stacks share theirs.
      image: Runtime.NODEJS_24_X.bundlingImage,
      command: [handler],
      local: {
        tryBundle(directory) {
          writeFileSync(`${directory}/index.mjs`, bundleOf(handler));
          return true;
        },
      },
    },
  });
}

let bundles: ReadonlyMap<string, Uint8Array> | undefined;

function bundleOf(handler: string): Uint8Array {
  bundles ??= bundleHandlers();
  const bundle = bundles.get(handler);
  if (bundle === undefined) throw new Error(`There is no handlers/${handler}.ts`);
  return bundle;
}

/** All at once, because esbuild then reads what they share, most of the SDK, only once. */
function bundleHandlers(): ReadonlyMap<string, Uint8Array> {
  const { outputFiles } = buildSync({
    ...BUNDLING,
    entryPoints: ['handlers/**/*.ts'],
    outbase: 'handlers',
    outdir: ROOT,
    write: false,
  });
  return new Map(
    outputFiles.map(({ path, contents }) => [
      relative(ROOT, path).replaceAll('\\', '/').replace(/\.js$/, ''),
      contents,
    ]),
  );
}
