import { type RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { LISTED_ATTRIBUTES, REFRESHES_IN_ORDER } from '../../../shared/aws/refresh-table/history-index.ts';

/** Refreshes in progress, and the history of those that ended. */
export class RefreshTable extends Table {
  constructor(scope: Construct, id: string, { removalPolicy }: { readonly removalPolicy: RemovalPolicy }) {
    super(scope, id, {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiresAt',
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      removalPolicy,
    });
    this.addGlobalSecondaryIndex({
      indexName: REFRESHES_IN_ORDER,
      partitionKey: { name: 'distributionId', type: AttributeType.STRING },
      sortKey: { name: 'pk', type: AttributeType.STRING },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: [...LISTED_ATTRIBUTES],
    });
    Validations.of(this).acknowledge({
      id: 'AwsSolutions-DDB3',
      reason:
        'Work in progress and its history: an old state restored would be wrong, and the bucket holds the truth.',
    });
  }

  /** Unlike `grant`, which would allow the same on the table's indexes. */
  allow(grantee: IGrantable, ...actions: string[]): Grant {
    return Grant.addToPrincipal({ grantee, actions, resourceArns: [this.tableArn] });
  }

  /** To put changes into the open refresh. */
  allowCollecting(grantee: IGrantable): Grant {
    return this.allow(
      grantee,
      'dynamodb:GetItem',
      'dynamodb:Query',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:BatchWriteItem',
    );
  }

  /** To list refreshes, newest first. */
  allowListing(grantee: IGrantable): Grant {
    const index = `${this.tableArn}/index/${REFRESHES_IN_ORDER}`;
    return Grant.addToPrincipal({ grantee, actions: ['dynamodb:Query'], resourceArns: [index] });
  }
}
