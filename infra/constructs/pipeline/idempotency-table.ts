import { RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import type { ServiceFunction } from './service-function.ts';

/** Where Powertools Idempotency remembers which requests or messages were handled already. */
export class IdempotencyTable extends Construct {
  private readonly table: Table;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'id', type: AttributeType.STRING },
      timeToLiveAttribute: 'expiration',
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Validations.of(this.table).acknowledge({
      id: 'AwsSolutions-DDB3',
      reason: 'It remembers for a while what was done. Restoring an old state would do some of it again.',
    });
  }

  /** Lets a function remember. It finds the table in `IDEMPOTENCY_TABLE`. */
  bindTo(user: ServiceFunction): void {
    user.addEnvironment('IDEMPOTENCY_TABLE', this.table.tableName);
    this.table.grant(
      user,
      'dynamodb:GetItem',
      'dynamodb:PutItem',
      'dynamodb:UpdateItem',
      'dynamodb:DeleteItem',
    );
  }
}
