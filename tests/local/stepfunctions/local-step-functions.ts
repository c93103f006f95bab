import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { onTestFinished } from 'vitest';
import type { AwsResponse, AwsService } from '../../../infra/local/kernel/aws-api.ts';
import { type DurableStore, openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { createJournal, type JournalEntry } from '../../../infra/local/kernel/journal.ts';
import {
  createStepFunctions,
  type StepFunctionsOptions,
} from '../../../infra/local/services/stepfunctions/step-functions.ts';
import { clientFor } from '../../helpers/sdk-client.ts';

export const MACHINE_ARN = 'arn:aws:states:us-east-1:000000000000:stateMachine:refresh';
export const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:work';

/** A call that a task made to a service other than Step Functions. */
export interface ServiceCall {
  readonly method: string;
  readonly url: string;
  readonly target: string;
  readonly authorization: string;
  readonly body: string;
}

export interface Setup extends Partial<Pick<StepFunctionsOptions, 'timeScale' | 'now' | 'invokeFunction'>> {
  readonly definition: object;
  readonly store?: DurableStore;
  /** Answers the tasks' calls to other services. */
  readonly answer?: (call: ServiceCall) => AwsResponse;
}

/**
 * Step Functions behind a loopback server, with the real SDK's client in front and a fake of the
 * other services beside it. It is closed when the test has finished, if not before.
 */
export async function startStepFunctions({ definition, store, answer, ...options }: Setup) {
  const journal = createJournal();
  const calls: ServiceCall[] = [];
  const published: object[] = [];
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => void server.close());
  const service = createStepFunctions({
    machines: [{ arn: MACHINE_ARN, name: 'refresh', definition, caller: 'RefreshRole' }],
    invokeFunction: () => Promise.reject(new Error('No function was expected to be invoked')),
    endpoint,
    publish: event => published.push(event),
    store: store ?? openDurableStore(),
    journal,
    timeScale: 0,
    ...options,
  });
  serve(server, service.api, call => {
    calls.push(call);
    return answer?.(call) ?? { status: 500 };
  });
  const client = new SFNClient(clientFor(endpoint));
  const ended = (name: string) =>
    journal.waitFor(
      entry => entry.kind === 'execution' && entry.name === name && entry.status !== 'RUNNING',
      `the end of execution ${name}`,
      20_000,
    );
  const entered = (state: string): Promise<JournalEntry> =>
    journal.waitFor(entry => entry.kind === 'execution' && entry.state === state, `state ${state}`, 20_000);

  const close = async () => {
    await service.stop();
    client.destroy();
    server.closeAllConnections();
    await new Promise(resolve => server.close(resolve));
  };
  onTestFinished(close);

  return {
    client,
    service,
    journal,
    calls,
    /** Events for EventBridge. */
    published,
    entered,
    ended,
    /** Runs one execution to its end and describes it. */
    async run(input: unknown = {}, name = 'run-1') {
      const { executionArn } = await client.send(
        new StartExecutionCommand({ stateMachineArn: MACHINE_ARN, name, input: JSON.stringify(input) }),
      );
      await ended(name);
      return await client.send(new DescribeExecutionCommand({ executionArn }));
    },
    close,
  };
}

/** Answers requests to Step Functions by its API, and all others by the fake of the services. */
function serve(server: Server, states: AwsService, others: (call: ServiceCall) => AwsResponse): void {
  server.on('request', async (request, response) => {
    const body = await buffer(request);
    const call = callOf(request, body);
    const answer = call.target.startsWith('AWSStepFunctions.')
      ? await states({ service: 'states', caller: 'root', ...call, headers: request.headers, body })
      : others(call);
    response.writeHead(answer.status, { ...answer.headers }).end(answer.body);
  });
}

function callOf({ method = '', url = '', headers }: IncomingMessage, body: Buffer): ServiceCall {
  return {
    method,
    url,
    target: String(headers['x-amz-target'] ?? ''),
    authorization: String(headers.authorization),
    body: body.toString(),
  };
}
