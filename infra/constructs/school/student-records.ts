import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { STUDENTS_IN_ORDER } from '../../../shared/school/aws/student-table.ts';
import { SCHOOL_METRICS_NAMESPACE } from '../../../shared/school/metric-source.ts';
import type { Mail } from '../pipeline/mail.ts';
import { ownMetric } from '../pipeline/refresh-metrics.ts';
import { ServiceFunction } from '../pipeline/service-function.ts';
import { logicalIdOf, privateBucket } from './private-bucket.ts';

/** The permissions for what the functions call. */
const RECORD_ACTIONS = ['GetItem', 'PutItem', 'UpdateItem', 'DeleteItem'].map(name => `dynamodb:${name}`);
const BACKUP_ACTIONS = ['GetObject', 'PutObject', 'DeleteObject', 'AbortMultipartUpload'].map(
  name => `s3:${name}`,
);

/**
 * Keys that `shared/school/aws/backup-bucket.ts` writes. A backup exists once its manifest does.
 */
const BACKUPS = 'backups/*';
const MANIFESTS = 'backups/*.manifest.json';

export interface StudentRecordsProps {
  /** @default - CloudFormation chooses it */
  readonly tableName: string | undefined;
  /** @default - CloudFormation chooses it */
  readonly backupBucketName: string | undefined;
  readonly accessLogBucket: IBucket;
  readonly mail: Mail;
}

/**
 * The students' records and their backups, which are made every night and whenever somebody asks.
 */
export class StudentRecords extends Construct {
  readonly table: Table;
  readonly backupBucket: IBucket;
  readonly backup: ServiceFunction;

  constructor(scope: Construct, id: string, props: StudentRecordsProps) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      ...(props.tableName === undefined ? {} : { tableName: props.tableName }),
      partitionKey: { name: 'studentid', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: STUDENTS_IN_ORDER,
      partitionKey: { name: 'kind', type: AttributeType.STRING },
      sortKey: { name: 'studentid', type: AttributeType.STRING },
    });
    this.backupBucket = privateBucket(this, 'BackupBucket', {
      bucketName: props.backupBucketName,
      versioned: true,
      serverAccessLogsBucket: props.accessLogBucket,
      serverAccessLogsPrefix: 's3-backups/',
      lifecycleRules: [
        {
          expiration: Duration.days(90),
          noncurrentVersionExpiration: Duration.days(30),
          // Parts that a crash left behind belong to no object but cost as much.
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
    });
    this.backup = this.createBackup(props.mail);
    new Rule(this, 'DailyBackup', {
      description: 'Starts a backup of all students every night',
      schedule: Schedule.cron({ minute: '0', hour: '2' }),
      targets: [new LambdaFunction(this.backup)],
    });
  }

  /** Students in each finished backup. */
  metricStudentsBackedUp(options?: MetricOptions): Metric {
    return ownMetric(this, 'StudentsBackedUp', options, SCHOOL_METRICS_NAMESPACE);
  }

  private createBackup(mail: Mail): ServiceFunction {
    const backup = new ServiceFunction(this, 'Backup', {
      handler: 'school/backup',
      description: 'Writes all students into one file of the backup bucket',
      timeout: Duration.minutes(15),
      environment: { STUDENT_TABLE: this.table.tableName, BACKUP_BUCKET: this.backupBucket.bucketName },
    });
    allow(backup, ['dynamodb:Scan'], this.table.tableArn);
    allow(backup, BACKUP_ACTIONS, this.backupBucket.arnForObjects(BACKUPS));
    this.allowListing(backup);
    this.acknowledgeObjects(backup, BACKUPS, 'The key of a backup is its time, known only when it starts.');
    mail.bindTo(backup);
    return backup;
  }

  /** Lets a function read and write records. It finds the table in `STUDENT_TABLE`. */
  bindTable(user: ServiceFunction): void {
    user.addEnvironment('STUDENT_TABLE', this.table.tableName);
    allow(user, RECORD_ACTIONS, this.table.tableArn);
    allow(user, ['dynamodb:Query'], `${this.table.tableArn}/index/${STUDENTS_IN_ORDER}`);
  }

  /**
   * Lets a function start and list backups, not read them. It finds `BACKUP_FUNCTION` and
   * `BACKUP_BUCKET`.
   */
  bindBackups(user: ServiceFunction): void {
    user.addEnvironment('BACKUP_FUNCTION', this.backup.functionName);
    user.addEnvironment('BACKUP_BUCKET', this.backupBucket.bucketName);
    allow(user, ['lambda:InvokeFunction'], this.backup.functionArn);
    allow(user, ['s3:GetObject'], this.backupBucket.arnForObjects(MANIFESTS));
    this.allowListing(user);
    this.acknowledgeObjects(user, MANIFESTS, 'It reads the manifest of any backup, never a backup itself.');
  }

  /**
   * Without conditions: S3 answers 404 for a missing manifest only to those who may list the
   * bucket.
   */
  private allowListing(user: ServiceFunction): void {
    allow(user, ['s3:ListBucket'], this.backupBucket.bucketArn);
  }

  private acknowledgeObjects(user: ServiceFunction, keys: string, reason: string): void {
    Validations.of(user).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${logicalIdOf(this.backupBucket)}.Arn>/${keys}]`,
      reason,
    });
  }
}

function allow(user: ServiceFunction, actions: string[], resource: string): void {
  user.addToRolePolicy(new PolicyStatement({ actions, resources: [resource] }));
}
