import { type ApiTraits, fieldsOf } from '../../kernel/api-traits.ts';
import { arnOf } from '../../kernel/arn.ts';
import { jsonRefusal } from '../../kernel/permissions/refusal.ts';
import type { Service } from '../../kernel/service.ts';
import type { ResourceTypes } from '../../template/resource.ts';
import { startDynamoDb } from './dynamodb.ts';

const types: ResourceTypes = {
  'AWS::DynamoDB::Table': {
    identity: ({ named }) => {
      const name = named('TableName');
      return { ref: name, attributes: { Arn: arnOf('dynamodb', `table/${name}`) } };
    },
    emulated: ['TableName', 'AttributeDefinitions', 'KeySchema', 'BillingMode', 'GlobalSecondaryIndexes'],
    accepted: ['PointInTimeRecoverySpecification', 'SSESpecification', 'TimeToLiveSpecification'],
  },
};

interface Fields {
  readonly TableName: string;
  readonly IndexName: string;
  readonly RequestItems: object;
}

const api: ApiTraits = {
  requirementsOf({ body }, action) {
    const { TableName, IndexName, RequestItems } = fieldsOf<Fields>(body);
    if (TableName === undefined && RequestItems === undefined) return undefined;
    const tables = TableName === undefined ? Object.keys(RequestItems ?? {}) : [TableName];
    const index = IndexName === undefined ? '' : `/index/${IndexName}`;
    return tables.map(table => ({
      action: `dynamodb:${action}`,
      resource: arnOf('dynamodb', `table/${table}${index}`),
    }));
  },
  refuse: denial => jsonRefusal(denial, '1.0', 400),
};

interface TableDefinition {
  readonly name: string;
  /** Properties of `AWS::DynamoDB::Table`. */
  readonly properties: Readonly<Record<string, unknown>>;
}

export const dynamodb: Service<readonly TableDefinition[]> = {
  name: 'dynamodb',
  types,
  apis: { dynamodb: api },
  parse: account =>
    account.all('AWS::DynamoDB::Table').map(({ ref, properties }) => ({ name: ref, properties })),
  async start(tables, cloud) {
    const kept = await cloud.lasting('dynamodb', () => startDynamoDb(cloud.folder('dynamodb')));
    for (const { name, properties } of tables) await kept.ensureTable(name, properties);
    return {
      apis: { dynamodb: kept.handle },
      removes: { 'AWS::DynamoDB::Table': ({ ref }) => kept.removeTable(ref) },
    };
  },
};
