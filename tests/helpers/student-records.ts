import { randomBytes } from 'node:crypto';
import {
  BatchWriteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { main } from '../../infra/cli/main.ts';
import type { AwsRequest, AwsService } from '../../infra/local/kernel/aws-api.ts';
import { type Interceptor, startAwsEndpoint } from '../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../infra/local/kernel/journal.ts';
import { startDynamoDb } from '../../infra/local/services/dynamodb/dynamodb.ts';
import { actionOf } from '../../infra/local/services.ts';
import { createMailQueue } from '../../shared/aws/mail-queue.ts';
import { createBackupBucket } from '../../shared/school/aws/backup-bucket.ts';
import { createStudentScan } from '../../shared/school/aws/student-scan.ts';
import { backup } from '../../shared/school/backup/backup.ts';
import { type StudentItem, toLine } from '../../shared/school/backup/item-line.ts';
import { describing } from './described-stacks.ts';
import { startQueuesAndBuckets } from './queues-and-buckets.ts';
import { runCommand } from './run-command.ts';
import { untilActive } from './storage.ts';

export const TABLE = 'studentData';
export const BUCKET = 'student-backup';
export const KEY = 'backups/20261122T081946Z-21c93750.ndjson.gz';
export const LATER_KEY = 'backups/20261123T081946Z-00000001.ndjson.gz';

const STUDENT_TABLE = {
  AttributeDefinitions: [{ AttributeName: 'studentid', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'studentid', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
};

/** What the command finds of the deployed stack. */
const STACK = {
  name: 'StudentSite',
  resources: [],
  outputs: { BackupBucketName: BUCKET, StudentTableName: TABLE },
  assets: new Map(),
};

/** A student as the API stores one. @param attributes to have besides, or instead */
export function student(studentid: string, attributes: Omit<StudentItem, 'studentid'> = {}): StudentItem {
  return {
    name: { S: `Nguyễn Văn ${studentid}` },
    class: { S: 'CNTT05' },
    birthdate: { S: '2001-05-05' },
    email: { S: `${studentid}@example.com` },
    version: { N: '1' },
    createdAt: { S: '2026-11-22T08:00:00.000Z' },
    updatedAt: { S: '2026-11-22T08:00:00.000Z' },
    ...attributes,
    studentid: { S: studentid },
  };
}

export function manyStudents(count: number): StudentItem[] {
  return Array.from({ length: count }, (_, index) => student(`SV${String(index).padStart(6, '0')}`));
}

/** Students whose photo no compression makes smaller. */
export function withPhotos(count: number, photoBytes: number): StudentItem[] {
  return Array.from({ length: count }, (_, index) =>
    student(`photo-${index}`, { photo: { B: new Uint8Array(randomBytes(photoBytes)) } }),
  );
}

/** Batches of 25, the most that one BatchWriteItem takes, in flight at once. */
const ENROLMENTS = 8;

/** Writes students into a table. */
export async function enrol(students: readonly StudentItem[], table: string, dynamoDb: DynamoDBClient) {
  const starts = Array.from({ length: Math.ceil(students.length / 25) }, (_, batch) => batch * 25).values();
  const worker = async () => {
    for (const start of starts) {
      const requests = students.slice(start, start + 25).map(Item => ({ PutRequest: { Item } }));
      await dynamoDb.send(new BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
    }
  };
  await Promise.all(Array.from({ length: ENROLMENTS }, worker));
}

/** A table's items as lines in order: equal tables have equal lines. */
export async function linesOf(TableName: string, client: DynamoDBClient): Promise<string[]> {
  const lines: string[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName })) {
    lines.push(...Items.map(item => toLine(item as StudentItem)));
  }
  return lines.sort((a, b) => (a < b ? -1 : 1));
}

/**
 * Students' table, backup bucket and mail queue behind one local endpoint, with real SDK clients
 * before it.
 */
export async function startSchool() {
  const { createTable, ...services } = await startServices();
  const { endpoint, queueUrl } = services;
  const client = {
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'tester', secretAccessKey: 'local' },
  };
  const s3 = new S3Client(client);
  const dynamoDb = new DynamoDBClient(client);
  const sqs = new SQSClient(client);

  const createStudentTable = async (tableName: string) => {
    await createTable(tableName);
    await untilActive(tableName, dynamoDb);
  };
  await createStudentTable(TABLE);

  return {
    ...services,
    s3,
    dynamoDb,
    lambda: new LambdaClient(client),
    createTable: createStudentTable,

    put: (item: StudentItem, TableName = TABLE) =>
      dynamoDb.send(new PutItemCommand({ TableName, Item: item })),

    enrol: (students: readonly StudentItem[]) => enrol(students, TABLE, dynamoDb),

    linesOf: (table: string) => linesOf(table, dynamoDb),

    backUp: (key: string) =>
      backup(key, {
        source: createStudentScan(TABLE, dynamoDb),
        files: createBackupBucket(BUCKET, s3),
        reports: createMailQueue(queueUrl, sqs),
        now: () => new Date(),
        signal: new AbortController().signal,
      }),

    async stored() {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: BUCKET }));
      return Contents.map(({ Key = '' }) => Key);
    },

    /** Takes every message off the mail queue. */
    reports: () => takeMessages(queueUrl, sqs),

    /** `npm run restore`, without its process. */
    restore: (...options: string[]) =>
      runCommand(main, ['restore', '--local', '--endpoint', endpoint.url, ...options]),
  };
}

/** The local services that a backup and its restoring use. Functions are invoked, and not run. */
async function startServices() {
  const journal = createJournal();
  const services = new Map<string, AwsService>();
  const endpoint = await startAwsEndpoint({ port: 0, services, journal, actionOf });
  const storage = await startQueuesAndBuckets();
  const dynamo = await startDynamoDb();
  const queueUrl = `${endpoint.url}/000000000000/student-mail`;
  storage.ensureQueue('student-mail', queueUrl, { VisibilityTimeout: '30' });
  storage.ensureBucket(BUCKET);
  const invocations: AwsRequest[] = [];
  const cloudFormation = describing([STACK], new Date(0));
  services
    .set('s3', storage.s3)
    .set('sqs', storage.sqs)
    .set('dynamodb', dynamo.handle)
    .set('cloudformation', cloudFormation)
    .set('lambda', async request => {
      invocations.push(request);
      return { status: 202 };
    });
  return {
    async stop() {
      await endpoint.stop();
      await storage.stop();
      await dynamo.stop();
    },
    endpoint,
    queueUrl,
    journal,
    invocations,
    createTable: (tableName: string) => dynamo.ensureTable(tableName, STUDENT_TABLE),
  };
}

async function takeMessages(QueueUrl: string, sqs: SQSClient): Promise<unknown[]> {
  const bodies: unknown[] = [];
  for (;;) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    if (Messages.length === 0) return bodies;
    for (const { Body = '', ReceiptHandle } of Messages) {
      bodies.push(JSON.parse(Body));
      await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    }
  }
}

export type School = Awaited<ReturnType<typeof startSchool>>;

/** Of a restore that printed JSON. */
export const figuresOf = (printed: string) => JSON.parse(printed).figures;

/** A fault that meets one action alone. */
export const whenever =
  (action: string, fault: Interceptor): Interceptor =>
  (call, next) =>
    call.action === action ? fault(call, next) : next();
