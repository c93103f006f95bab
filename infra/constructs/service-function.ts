import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { Architecture, Runtime } from 'aws-cdk-lib/aws-lambda';
import { type BundlingOptions, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** How esbuild makes one file of a handler and all that it imports. */
export const BUNDLING = {
  format: OutputFormat.ESM,
  target: 'node24',
  minify: true,
  // The SDK tells its errors and loggers apart by the names of their classes, too.
  keepNames: true,
  mainFields: ['module', 'main'],
  // The pinned SDK, not whichever the runtime brings: what was tested is what runs.
  externalModules: [],
  // CommonJS dependencies inside an ES module bundle still call require().
  banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
} satisfies BundlingOptions;

export interface ServiceFunctionProps {
  /** File name in `handlers/`, without its extension. */
  readonly handler: string;
  readonly description: string;
  readonly environment: Readonly<Record<string, string>>;
  /** @default 30 seconds */
  readonly timeout?: Duration;
  /** @default 512, which also buys a third of a CPU */
  readonly memoryMb?: number;
}

/** One Lambda of this product: Node 24, one bundled file, logs kept for a month. */
export class ServiceFunction extends NodejsFunction {
  /** File name in `handlers/`, by which people know it. */
  readonly handlerName: string;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id, {
      entry: `${ROOT}handlers/${props.handler}.ts`,
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
      projectRoot: ROOT,
      depsLockFilePath: `${ROOT}package-lock.json`,
      bundling: BUNDLING,
    });
    this.handlerName = props.handler;
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
      reason: "AWS's managed policy for writing a function's logs grants nothing else.",
    });
  }
}
