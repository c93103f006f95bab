import { AwsError } from '../../kernel/aws-api.ts';
import { isRecord, type State } from './definition.ts';
import { exceptionName, sdkCall } from './sdk-integration.ts';
import { requireWithinDataLimit, StateFailure } from './state-failure.ts';

export type InvokeFunction = (
  nameOrArn: string,
  payload: string,
  caller: string,
) => Promise<{ payload: string; functionError?: string }>;

/** What a task needs from its surroundings. */
export interface TaskContext {
  readonly invokeFunction: InvokeFunction;
  readonly endpoint: string;
  readonly caller: string;
  readonly signal: AbortSignal;
}

/** What stands behind a task's `Resource`. */
export interface Task {
  /** As in the history: `lambda` and `invoke`, `aws-sdk:cloudfront` and `getInvalidation`. Absent: a function called by its ARN. */
  readonly integration?: { readonly resourceType: string; readonly resource: string };
  readonly resource: string;
  /** @throws StateFailure */
  call(input: unknown, context: TaskContext): Promise<unknown>;
}

const FUNCTION_ARN = /^arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+(:[\w$-]+)?$/;
const INTEGRATION_ARN = /^arn:aws[\w-]*:states:::([\w:-]+):(\w+)$/;
/** DynamoDB and SQS have integrations older than `aws-sdk`, with error names from the SDK of that time. */
const OPTIMISED: Readonly<
  Record<string, { actions: readonly string[]; prefix: string; unmodelled: string }>
> = {
  dynamodb: {
    actions: ['getItem', 'putItem', 'updateItem', 'deleteItem'],
    prefix: 'DynamoDB',
    unmodelled: 'AmazonDynamoDBException',
  },
  sqs: { actions: ['sendMessage'], prefix: 'SQS', unmodelled: 'AmazonSQSException' },
};

/** @throws Error naming a resource, action or parameter that is not emulated */
export function taskOf(state: State): Task {
  const resource = String(state['Resource']);
  if (FUNCTION_ARN.test(resource)) return functionTask(resource);
  const [, service = '', action = ''] = INTEGRATION_ARN.exec(resource) ?? [];
  if (service === 'lambda' && action === 'invoke') return lambdaInvokeTask(resource, state['Parameters']);
  const optimised = OPTIMISED[service];
  if (optimised?.actions.includes(action))
    return sdkTask(resource, service, action, state['Parameters'], optimised);
  if (service.startsWith('aws-sdk:')) return sdkTask(resource, service, action, state['Parameters']);
  throw new Error(`resource ${resource} is not emulated`);
}

function functionTask(resource: string): Task {
  return { resource, call: (input, context) => invoke(resource, input, context) };
}

const INVOKE_PARAMETERS = ['FunctionName', 'Payload', 'InvocationType'];

function lambdaInvokeTask(resource: string, template: unknown): Task {
  const parameters = isRecord(template) ? template : {};
  const names = Object.keys(parameters).map(key => key.replace(/\.\$$/, ''));
  const unknown = names.find(name => !INVOKE_PARAMETERS.includes(name));
  if (unknown !== undefined) throw new Error(`parameter ${unknown} of lambda:invoke is not emulated`);
  if (!names.includes('FunctionName')) throw new Error('lambda:invoke needs the parameter FunctionName');
  if (names.includes('InvocationType') && parameters['InvocationType'] !== 'RequestResponse')
    throw new Error('lambda:invoke is emulated with InvocationType RequestResponse only');
  return {
    integration: { resourceType: 'lambda', resource: 'invoke' },
    resource,
    async call(input, context) {
      const { FunctionName, Payload } = isRecord(input) ? input : {};
      const result = await invoke(String(FunctionName), Payload ?? {}, context);
      return { ExecutedVersion: '$LATEST', Payload: result, StatusCode: 200 };
    },
  };
}

function sdkTask(
  resource: string,
  service: string,
  action: string,
  template: unknown,
  names?: { readonly prefix: string; readonly unmodelled: string },
): Task {
  const call = sdkCall(service.replace(/^aws-sdk:/, ''), action, template, names);
  return {
    integration: { resourceType: service, resource: action },
    resource,
    call: (input, { endpoint, caller, signal }) =>
      call.send(input, { endpoint, accessKeyId: caller, signal }),
  };
}

async function invoke(nameOrArn: string, input: unknown, context: TaskContext): Promise<unknown> {
  const { payload, functionError } = await context
    .invokeFunction(nameOrArn, JSON.stringify(input), context.caller)
    .catch((error: unknown) => {
      throw invocationFailure(error);
    });
  requireWithinDataLimit(payload, `The state/task '${nameOrArn}' returned a result`);
  const result: unknown = payload === '' ? null : JSON.parse(payload);
  if (functionError === undefined) return result;
  const errorType = isRecord(result) ? result['errorType'] : undefined;
  throw new StateFailure(typeof errorType === 'string' ? errorType : 'Lambda.Unknown', payload);
}

/** The function was not run at all: throttled, missing, forbidden. */
function invocationFailure(error: unknown): StateFailure {
  if (!(error instanceof AwsError)) return new StateFailure('Lambda.SdkClientException', String(error));
  // Lambda's model has no access error: it surfaces under the service's own name.
  const name = error.code.startsWith('AccessDenied') ? 'AWSLambdaException' : exceptionName(error.code);
  return new StateFailure(`Lambda.${name}`, error.message);
}
