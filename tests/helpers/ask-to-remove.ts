import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { CloudFormationClient, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { clientFor } from './sdk-client.ts';

/**
 * Asks a function of the attachment to remove its resource, as CloudFormation does, and waits for
 * the answer.
 *
 * @param functionId how the function's logical id begins
 */
export async function askToRemove(
  { endpoint }: Pick<LocalCloud, 'endpoint'>,
  functionId: string,
  ResourceProperties: object,
): Promise<unknown> {
  const client = clientFor(endpoint);
  const { StackResourceSummaries = [] } = await new CloudFormationClient(client).send(
    new ListStackResourcesCommand({ StackName: 'AutoInvalidation' }),
  );
  const found = StackResourceSummaries.find(
    ({ ResourceType, LogicalResourceId = '' }) =>
      ResourceType === 'AWS::Lambda::Function' && LogicalResourceId.startsWith(functionId),
  );
  const answers: string[] = [];
  const server = createServer((request, response) => {
    void text(request).then(body => {
      answers.push(body);
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const event = {
    RequestType: 'Delete',
    ResponseURL: `http://127.0.0.1:${port}/`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Resource',
    PhysicalResourceId: 'id',
    ResourceProperties,
  };
  await new LambdaClient(client).send(
    new InvokeCommand({ FunctionName: found?.PhysicalResourceId, Payload: JSON.stringify(event) }),
  );
  server.close();
  return JSON.parse(answers[0] ?? 'null');
}
