import { AwsError } from '../../kernel/aws-api.ts';
import { isRecord, type State } from './definition.ts';
import { sdkTask } from './sdk-task.ts';
import { exceptionName, requireWithinDataLimit, StateFailure } from './state-failure.ts';

export type InvokeFunction = (
  nameOrArn: string,
  payload: string,
  caller: string,
) => Promise<{ payload: string; functionError?: string }>;

/** What a task needs from its surroundings. */
export interface TaskContext {
  readonly invokeFunction: InvokeFunction;
  /** URL of the AWS APIs. */
  readonly endpoint: string;
  readonly caller: string;
  readonly signal: AbortSignal;
}

/** What stands behind a task's `Resource`. @throws StateFailure */
export type Task = (input: unknown, context: TaskContext) => Promise<unknown>;

const FUNCTION_ARN = /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/;
const INTEGRATION_ARN = /^arn:aws[\w-]*:states:::([\w:-]+):(\w+)$/;

/** @throws Error naming a resource, action or parameter that is not emulated */
export function taskOf(state: State): Task {
  const resource = String(state['Resource']);
  if (FUNCTION_ARN.test(resource)) return (input, context) => invoke(resource, input, context);
  const [, service, action] = INTEGRATION_ARN.exec(resource) ?? [];
  if (service === undefined || action === undefined) throw new Error(`resource ${resource} is not emulated`);
  return sdkTask(service, action, state['Parameters']);
}

async function invoke(functionArn: string, input: unknown, context: TaskContext): Promise<unknown> {
  const { payload, functionError } = await context
    .invokeFunction(functionArn, JSON.stringify(input), context.caller)
    .catch((error: unknown) => {
      throw invocationFailure(error);
    });
  requireWithinDataLimit(payload, `The state/task '${functionArn}' returned a result`);
  const result: unknown = payload === '' ? null : JSON.parse(payload);
  if (functionError === undefined) return result;
  const errorType = isRecord(result) ? result['errorType'] : undefined;
  throw new StateFailure(typeof errorType === 'string' ? errorType : 'Lambda.Unknown', payload);
}

/** The function was not run at all: missing or forbidden. */
function invocationFailure(error: unknown): StateFailure {
  if (!(error instanceof AwsError)) return new StateFailure('Lambda.SdkClientException', String(error));
  // Lambda's model has no access error: it surfaces under the service's own name.
  const name = error.code.startsWith('AccessDenied') ? 'AWSLambdaException' : exceptionName(error.code);
  return new StateFailure(`Lambda.${name}`, error.message);
}
