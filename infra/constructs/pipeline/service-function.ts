import { writeFileSync } from 'node:fs';
import { basename, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { type BuildOptions, buildSync } from 'esbuild';
import { uniquePath } from './unique-path.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

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
  // CommonJS dependencies inside an ES module bundle still call require().
  banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
} satisfies BuildOptions;

export interface ServiceFunctionProps {
  /** Path in `handlers/` without its extension, such as `pipeline/invalidate`. */
  readonly handler: string;
  readonly description: string;
  readonly environment: Readonly<Record<string, string>>;
  /** @default Duration.seconds(30) */
  readonly timeout?: Duration;
  /**
   * In MB. Memory also buys CPU: 512 MB come with a third of one.
   * @default 512
   */
  readonly memorySize?: number;
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
  /**
   * What its logs and its metrics call `service`.
   * @default - the unique path of the construct that it is part of
   */
  readonly service?: string;
}

/** One Lambda of this product: Node 24, one bundled file, logs that expire. */
export class ServiceFunction extends LambdaFunction {
  /**
   * The handler's file name without its extension, such as `invalidate`: how people refer to it.
   */
  readonly handlerName: string;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id, {
      code: bundled(props.handler),
      handler: 'index.handler',
      description: props.description,
      environment: { POWERTOOLS_SERVICE_NAME: props.service ?? uniquePath(scope), ...props.environment },
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memorySize ?? 512,
      timeout: props.timeout ?? Duration.seconds(30),
      logGroup: new LogGroup(scope, `${id}Logs`, {
        retention: props.logRetention ?? RetentionDays.ONE_MONTH,
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
 * The bundle holds the pinned SDK, not the one that the runtime brings: what was tested is what
 * runs. It is made in this process, because CDK's NodejsFunction starts a shell, npx and Node for
 * each function: two thirds of a synthesis.
 */
function bundled(handler: string): Code {
  return Code.fromAsset(`${ROOT}handlers`, {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never run. CDK recognises equal bundles by it, so that the functions of two stacks share
      // theirs.
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
