import { LISTED_ATTRIBUTES, REFRESHES_IN_ORDER } from '../../shared/aws/refresh-table/history-index.ts';

/** The refresh table, as the template has it. */
export const REFRESH_TABLE = {
  AttributeDefinitions: ['pk', 'sk', 'distributionId'].map(AttributeName => ({
    AttributeName,
    AttributeType: 'S' as const,
  })),
  KeySchema: [
    { AttributeName: 'pk', KeyType: 'HASH' as const },
    { AttributeName: 'sk', KeyType: 'RANGE' as const },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: REFRESHES_IN_ORDER,
      KeySchema: [
        { AttributeName: 'distributionId', KeyType: 'HASH' as const },
        { AttributeName: 'pk', KeyType: 'RANGE' as const },
      ],
      Projection: { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: [...LISTED_ATTRIBUTES] },
    },
  ],
  BillingMode: 'PAY_PER_REQUEST' as const,
};
