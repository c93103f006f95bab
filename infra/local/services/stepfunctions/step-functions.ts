import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { AwsError, type AwsService, jsonErrorResponse, jsonResponse } from '../../kernel/aws-api.ts';
import type { DurableStore } from '../../kernel/durable-map.ts';
import type { Journal } from '../../kernel/journal.ts';
import type { ExecutionRecord } from './execution-store.ts';
import { Executions } from './executions.ts';
import { loadMachine, type Machine, type StateMachineDefinitionResource } from './machine.ts';
import { MAX_DATA_BYTES } from './state-failure.ts';
import type { InvokeFunction } from './tasks.ts';

export interface StepFunctionsOptions {
  readonly machines: readonly StateMachineDefinitionResource[];
  /**
   * Rejects with an AwsError if the function cannot be run. Its own failure is `functionError` and
   * the payload.
   */
  readonly invokeFunction: InvokeFunction;
  /** URL of the AWS APIs, for the tasks' calls. */
  readonly endpoint: string;
  readonly store: DurableStore;
  readonly journal: Journal;
  /** Hands an execution's change of status to EventBridge. */
  readonly publish: (event: object) => void;
  /** Factor of Wait states and retry intervals; timeouts stay real. */
  readonly timeScale: number;
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number;
}

export interface StepFunctions {
  readonly api: AwsService;
  /**
   * Continues executions that were running when the process ended; the state in progress runs
   * again.
   */
  resume(): void;
  /** Forgets the executions of a machine that is there no more. */
  forget(machineArn: string): void;
  /** Ends all runs; the executions stay RUNNING in the store. */
  stop(): Promise<void>;
}

/**
 * Step Functions: standard workflows in JSONPath.
 *
 * @throws Error if a machine is invalid or not emulated
 */
export function createStepFunctions(options: StepFunctionsOptions): StepFunctions {
  const now = options.now ?? Date.now;
  const machines = new Map(
    options.machines.map(resource => [resource.arn, loadMachine(resource, options.timeScale)]),
  );
  const executions = new Executions({ ...options, machines, now });
  const actions = createActions(machines, executions);

  return {
    async api(request) {
      try {
        const [, action = ''] = String(request.headers['x-amz-target']).split('.');
        const perform = Object.hasOwn(actions, action) ? actions[action] : undefined;
        if (perform === undefined)
          throw new AwsError('UnknownOperationException', `Step Functions ${action} is not emulated`);
        return jsonResponse(perform(parsedBody(request.body)));
      } catch (error) {
        return jsonErrorResponse(
          error instanceof AwsError ? error : new AwsError('InternalFailure', String(error), 500),
        );
      }
    },
    forget: machineArn => executions.forget(machineArn),
    resume: () => executions.resume(),
    stop: () => executions.stop(),
  };
}

type Action = (input: unknown) => object;

function createActions(
  machines: ReadonlyMap<string, Machine>,
  executions: Executions,
): Readonly<Record<string, Action>> {
  const machineOf = (arn: string): Machine => {
    if (!/^arn:aws[\w-]*:states:[\w-]+:\d{12}:stateMachine:/.test(arn))
      throw new AwsError('InvalidArn', `Invalid Arn: '${arn}'`);
    const machine = machines.get(arn);
    if (machine === undefined)
      throw new AwsError('StateMachineDoesNotExist', `State Machine Does Not Exist: '${arn}'`);
    return machine;
  };
  const executionOf = (arn: string): ExecutionRecord => {
    if (!/^arn:aws[\w-]*:states:[\w-]+:\d{12}:execution:/.test(arn))
      throw new AwsError('InvalidArn', `Invalid Arn: '${arn}'`);
    return executions.get(arn);
  };

  return {
    StartExecution: action(startInput, ({ stateMachineArn, name, input = '{}' }) => {
      const machine = machineOf(stateMachineArn);
      if (name !== undefined) requireValidName(name);
      requireValidInput(input);
      const { arn, startedAt } = executions.start(machine, name ?? randomUUID(), input);
      return { executionArn: arn, startDate: startedAt / 1000 };
    }),
    StopExecution: action(stopInput, ({ executionArn, error, cause }) => {
      const { stoppedAt = 0 } = executions.abort(executionOf(executionArn).arn, { error, cause });
      return { stopDate: stoppedAt / 1000 };
    }),
    DescribeExecution: action(describeExecutionInput, ({ executionArn }) => {
      const record = executionOf(executionArn);
      const { input, output, error, cause } = record;
      return {
        ...summary(record),
        input,
        inputDetails: { included: true },
        ...(output === undefined ? {} : { output, outputDetails: { included: true } }),
        ...(error === undefined ? {} : { error }),
        ...(cause === undefined ? {} : { cause }),
      };
    }),
    ListExecutions: action(listExecutionsInput, ({ stateMachineArn, statusFilter, ...paging }) => {
      const all = executions.list(machineOf(stateMachineArn).arn);
      const matching = all.filter(({ status }) => statusFilter === undefined || status === statusFilter);
      const { items, ...next } = page(matching, record => record.arn, paging);
      return { executions: items.map(summary), ...next };
    }),
  };
}

const paging = { maxResults: z.int().min(0).max(1000).optional(), nextToken: z.string().optional() };
const pagingInput = z.strictObject(paging);
const startInput = z.strictObject({
  stateMachineArn: z.string(),
  name: z.string().optional(),
  input: z.string().optional(),
  traceHeader: z.string().optional(),
});
const stopInput = z.strictObject({
  executionArn: z.string(),
  error: z.string().max(256).optional(),
  cause: z.string().max(32_768).optional(),
});
const describeExecutionInput = z.strictObject({
  executionArn: z.string(),
  includedData: z.literal('ALL_DATA').optional(),
});
const listExecutionsInput = z.strictObject({
  stateMachineArn: z.string(),
  statusFilter: z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']).optional(),
  ...paging,
});
function action<T>(schema: z.ZodType<T>, perform: (input: T) => object): Action {
  return input => {
    const { data, error } = schema.safeParse(input);
    if (error === undefined) return perform(data);
    const problems = error.issues.map(({ path, message }) => `Value at '${path.join('.')}': ${message}`);
    const count = `${problems.length} validation error${problems.length === 1 ? '' : 's'} detected`;
    throw new AwsError('ValidationException', `${count}: ${problems.join('; ')}`);
  };
}

function parsedBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new AwsError('SerializationException', 'The request body is not valid JSON');
  }
}

/** Space, brackets, wildcards, and characters that need escaping in an ARN or a URL. */
const FORBIDDEN_IN_NAMES = /[\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]/u;

function requireValidName(name: string): void {
  if (name.length === 0 || name.length > 80 || FORBIDDEN_IN_NAMES.test(name))
    throw new AwsError('InvalidName', `Invalid Name: '${name}'`);
}

function requireValidInput(input: string): void {
  if (Buffer.byteLength(input) > MAX_DATA_BYTES) {
    const limit = `Member must have length less than or equal to ${MAX_DATA_BYTES}`;
    throw new AwsError(
      'ValidationException',
      `1 validation error detected: Value at 'input' failed to satisfy constraint: ${limit}`,
    );
  }
  try {
    JSON.parse(input);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AwsError('InvalidExecutionInput', `Invalid State Machine Execution Input: '${reason}'`);
  }
}

function summary({ arn, machineArn, name, status, startedAt, stoppedAt }: ExecutionRecord) {
  return {
    executionArn: arn,
    stateMachineArn: machineArn,
    name,
    status,
    startDate: startedAt / 1000,
    ...(stoppedAt === undefined ? {} : { stopDate: stoppedAt / 1000 }),
  };
}

/**
 * The token names the last item of the previous page, so that new executions do not shift the
 * pages.
 */
function page<T>(
  all: readonly T[],
  keyOf: (item: T) => string,
  { maxResults, nextToken }: z.infer<typeof pagingInput>,
): { items: T[]; nextToken?: string } {
  const last = nextToken === undefined ? undefined : Buffer.from(nextToken, 'base64url').toString();
  const begin = last === undefined ? 0 : all.findIndex(item => keyOf(item) === last) + 1;
  if (last !== undefined && begin === 0) throw new AwsError('InvalidToken', `Invalid Token: '${nextToken}'`);
  const items = all.slice(begin, begin + (maxResults || 100));
  const end = items.at(-1);
  const isWhole = end === undefined || begin + items.length >= all.length;
  return isWhole ? { items } : { items, nextToken: Buffer.from(keyOf(end)).toString('base64url') };
}
