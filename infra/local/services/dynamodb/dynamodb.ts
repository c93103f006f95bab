import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { crc32 } from 'node:zlib';
import { AbstractKeyIterator, AbstractValueIterator } from 'abstract-level';
import dynalite from 'dynalite';
import { operationOf } from '../../kernel/action-names.ts';
import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  type AwsService,
  jsonErrorResponse,
  jsonRequest,
} from '../../kernel/aws-api.ts';
import { ConnectionCutError } from '../../kernel/aws-endpoint.ts';
import { returnOldItems } from './old-item.ts';

export interface DynamoDb {
  readonly handle: AwsService;
  /**
   * Creates a table from the properties of `AWS::DynamoDB::Table`, unless it is there.
   *
   * @throws Error if it cannot be made, or was kept without an index that it should have
   */
  ensureTable(name: string, properties: Readonly<Record<string, unknown>>): Promise<void>;
  /** Removes a table, if it is there. */
  removeTable(name: string): Promise<void>;
  stop(): Promise<void>;
}

// dynalite 4.0.0 ends an iteration by `return`, which these iterators lack. Each would stay open,
// and keep in memory what LevelDB had written until then.
for (const { prototype } of [AbstractKeyIterator, AbstractValueIterator]) {
  Object.assign(prototype, {
    return(this: { close(): Promise<void> }) {
      return this.close();
    },
  });
}

returnOldItems();

/**
 * DynamoDB by dynalite, in this process.
 *
 * @param directory where it keeps its state; in memory without one
 */
export async function startDynamoDb(directory?: string): Promise<DynamoDb> {
  const server: Server = dynalite({
    ...(directory === undefined ? {} : { path: directory }),
    createTableMs: 0,
    deleteTableMs: 0,
    updateTableMs: 0,
  });
  const answer = withoutSocket(server);
  const inFlight = new Set<Promise<AwsResponse>>();
  let isStopped = false;
  // dynalite throws at the process if a request meets its closed files.
  const call = (action: string, content: object) =>
    handle(jsonRequest('dynamodb', `DynamoDB_20120810.${action}`, content, 'local'));
  const handle: AwsService = async request => {
    if (isStopped) throw new ConnectionCutError();
    const answering = answer(request).finally(() => inFlight.delete(answering));
    inFlight.add(answering);
    return withoutThroughputSummary(namingUnknown(await answering, request));
  };
  // It closes its files only if it has listened.
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
      const response = await call('CreateTable', input);
      if (response.status === 200) return;
      const text = String(response.body);
      if (!text.includes('ResourceInUseException')) {
        throw new Error(`Table ${name} could not be made: ${text}`);
      }
      const kept = JSON.parse(String((await call('DescribeTable', { TableName: name })).body)).Table;
      const missing = new Set(namesOf(GlobalSecondaryIndexes)).difference(
        new Set(namesOf(kept.GlobalSecondaryIndexes)),
      );
      // dynalite adds no index to a table that exists.
      if (missing.size > 0) {
        throw new Error(
          `The table ${name} was kept from an earlier version, without the index ${[...missing].join(', ')}: remove the folder with the kept state, .local/`,
        );
      }
    },
    removeTable: async TableName => void (await call('DeleteTable', { TableName })),
    async stop() {
      isStopped = true;
      await Promise.all(inFlight);
      await new Promise<void>((resolve, reject) =>
        server.close(error => (error === undefined || error === null ? resolve() : reject(error))),
      );
    },
  };
}

/** dynalite refuses operations that it does not know without a word. */
function namingUnknown(response: AwsResponse, request: AwsRequest): AwsResponse {
  if (response.status !== 400 || !String(response.body).includes('#UnknownOperationException'))
    return response;
  const message = `The local DynamoDB does not emulate ${operationOf(request)}`;
  return jsonErrorResponse(new AwsError('UnknownOperationException', message));
}

/** dynalite describes tables with a member that is not of DynamoDB's API. */
function withoutThroughputSummary(response: AwsResponse): AwsResponse {
  const text = String(response.body);
  if (!text.includes(THROUGHPUT_SUMMARY)) return response;
  const body = JSON.stringify(
    JSON.parse(text, (name, value) => (name === THROUGHPUT_SUMMARY ? undefined : value)),
  );
  return { ...response, headers: { ...response.headers, 'x-amz-crc32': String(crc32(body)) }, body };
}

const THROUGHPUT_SUMMARY = 'TableThroughputModeSummary';

function namesOf(indexes: unknown): string[] {
  return Array.isArray(indexes) ? indexes.map(({ IndexName }) => IndexName) : [];
}

/**
 * Hands dynalite requests with the few members that it uses: Node's own cost more than its work.
 */
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
