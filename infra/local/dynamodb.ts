import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import dynalite from 'dynalite';
import { type AwsService, jsonRequest } from './aws-api.ts';

export interface DynamoDb {
  readonly handle: AwsService;
  /** Creates a table from the properties of `AWS::DynamoDB::Table`, unless it is there. */
  ensureTable(name: string, properties: Readonly<Record<string, unknown>>): Promise<void>;
  stop(): Promise<void>;
}

/** DynamoDB by dynalite, in this process. @param directory where it keeps its state; in memory without */
export async function startDynamoDb(directory?: string): Promise<DynamoDb> {
  const server: Server = dynalite({
    ...(directory === undefined ? {} : { path: directory }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  const handle = withoutSocket(server);
  // It closes its files only as a listening server does.
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));

  return {
    handle,
    async ensureTable(name, { AttributeDefinitions, KeySchema, BillingMode, GlobalSecondaryIndexes }) {
      const input = {
        TableName: name,
        AttributeDefinitions,
        KeySchema,
        BillingMode,
        GlobalSecondaryIndexes,
      };
      const response = await handle(jsonRequest('dynamodb', 'DynamoDB_20120810.CreateTable', input, 'local'));
      const text = String(response.body);
      if (response.status !== 200 && !text.includes('ResourceInUseException')) {
        throw new Error(`Table ${name} could not be made: ${text}`);
      }
    },
    stop: () =>
      new Promise((resolve, reject) =>
        server.close(error => (error === undefined || error === null ? resolve() : reject(error))),
      ),
  };
}

/** Hands dynalite a request with the few members of Node's that it uses: real ones cost more than its own work. */
function withoutSocket(server: Server): AwsService {
  return ({ method, url, headers, body }) =>
    new Promise(resolve => {
      const incoming = Object.assign(new EventEmitter(), { method, url, headers });
      const sent: Record<string, string> = {};
      const outgoing = {
        statusCode: 200,
        setHeader(name: string, value: string | number) {
          const lowerCase = name.toLowerCase();
          if (lowerCase !== 'content-length') sent[lowerCase] = String(value);
        },
        end: (content: string) => resolve({ status: outgoing.statusCode, headers: sent, body: content }),
      };
      server.emit('request', incoming, outgoing);
      if (body.length > 0) incoming.emit('data', body);
      incoming.emit('end');
    });
}
