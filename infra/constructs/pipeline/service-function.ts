import { basename } from 'node:path';
import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { handlerCode } from '#assets';
import { uniquePath } from './unique-path.ts';

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

  /** @internal */
  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id, {
      code: handlerCode(props.handler),
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
