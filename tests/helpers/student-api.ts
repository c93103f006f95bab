import { rm } from 'node:fs/promises';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { authorizationOf } from '../../infra/local/kernel/aws-api.ts';
import type { StudentFields } from '../../shared/school/students/student.ts';
import { assemblyWith } from './assembly.ts';
import { deadLetterQueueUrl } from './dead-letters.ts';
import { startSite } from './site.ts';
import type { SuccessiveCloudOptions } from './successive-clouds.ts';

/** The student of the documentation's request. */
export const STUDENT: StudentFields = {
  studentid: 'SV005',
  name: 'Pham Thi E',
  class: 'CNTT05',
  birthdate: '2001-05-05',
  email: 'student5@example.com',
};

/** A student with an id, and an e-mail address that tells the student's mails from others. */
export function studentWith(studentid: string, changes: Partial<StudentFields> = {}): StudentFields {
  return { ...STUDENT, studentid, email: `${studentid.toLowerCase()}@example.com`, ...changes };
}

export interface Sent {
  /** Text or bytes as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The text as JSON; undefined when there is none. */
  readonly body: unknown;
}

/** Sends a request such as `GET /students`. */
export type Ask = (line: string, sent?: Sent) => Promise<Reply>;

/** Of the usage plan, and the rate and burst of the stage too. */
export interface Limits {
  readonly rate: number;
  readonly burst: number;
  readonly requestsPerDay: number;
}

/** High enough that no test meets a limit by accident. */
const PLENTY: Limits = { rate: 10_000, burst: 5000, requestsPerDay: 1_000_000 };

export type StudentApi = Awaited<ReturnType<typeof startStudentApi>>;

/**
 * The whole system with its students' API, over real HTTP. Stop it at the end.
 *
 * @param options as of the local cloud; by default a tenth of real time and no page deployed
 */
export async function startStudentApi(options: SuccessiveCloudOptions = {}, limits: Partial<Limits> = {}) {
  const assemblyDirectory = await assemblyWithLimits({ ...PLENTY, ...limits });
  const site = await startSite({ timeScale: 0.1, assemblyDirectory, ...options });
  const { clients, output } = site;
  const apiUrl = output('ApiUrl');
  const key = await keyValue(site.cloud.endpoint, output('ApiKeyId'));

  /** Through API Gateway, with the key and without any header besides those given. */
  const ask: Ask = (line, sent) => send(apiUrl, line, { 'x-api-key': key }, sent);
  const askWithoutKey: Ask = (line, sent) => send(apiUrl, line, {}, sent);
  /** Through CloudFront, as the page does. */
  const askEdge: Ask = (line, sent) => send(`${site.cloud.siteUrl}/api`, line, {}, sent);

  return {
    ...site,
    /** Value of the API key. */
    key,
    ask,
    askWithoutKey,
    askEdge,
    /** Sends a student, or what passes for one, as JSON. */
    create: (body: unknown, headers: Sent['headers'] = {}) =>
      ask('POST /students', { body, headers: { ...JSON_CONTENT, ...headers } }),
    update: (student: StudentFields, headers: Sent['headers'] = {}) =>
      ask(`PUT /students/${student.studentid}`, { body: student, headers: { ...JSON_CONTENT, ...headers } }),

    /** Mails to a student, once every message of the mail queue is dealt with. */
    async mailsTo({ email }: Pick<StudentFields, 'email'>) {
      await site.settled();
      return site.mails().filter(({ destination }) => destination.to.includes(email));
    },

    /** Every record, as stored. */
    async records() {
      const command = new ScanCommand({ TableName: output('StudentTableName'), ConsistentRead: true });
      return (await clients.documents.send(command)).Items ?? [];
    },

    /** Messages that the mail function gave up. */
    async deadMails(): Promise<number> {
      const QueueUrl = await deadLetterQueueUrl(site, 'MailQueueUrl');
      const { Attributes = {} } = await clients.sqs.send(
        new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
      );
      return Number(Attributes['ApproximateNumberOfMessages']);
    },

    async stop() {
      await site.stop();
      await rm(assemblyDirectory, { recursive: true });
    },
  };
}

export const JSON_CONTENT = { 'Content-Type': 'application/json' };

async function send(
  base: string,
  line: string,
  ownHeaders: Readonly<Record<string, string>>,
  { body, headers }: Sent = {},
): Promise<Reply> {
  const [method = 'GET', path = '/'] = line.split(' ');
  const content = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await fetch(`${base}${path}`, {
    method,
    headers: { ...ownHeaders, ...headers },
    // Of bytes, which have no type of their own: fetch adds a Content-Type to text.
    ...(content === undefined ? {} : { body: new Uint8Array(Buffer.from(content)) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return;
  }
}

/** API Gateway's own GetApiKey, as `aws apigateway get-api-key --include-value` asks. */
async function keyValue(endpoint: string, id: string): Promise<string> {
  const response = await fetch(`${endpoint}/apikeys/${id}?includeValue=true`, {
    headers: { authorization: authorizationOf('acceptance-test', 'apigateway') },
  });
  const { value } = (await response.json()) as { value: string };
  return value;
}

/** The assembly as other limits in the context would make it. */
function assemblyWithLimits({ rate, burst, requestsPerDay }: Limits): Promise<string> {
  return assemblyWith(({ Type, Properties }) => {
    if (Type === 'AWS::ApiGateway::UsagePlan') {
      Properties['Throttle'] = { RateLimit: rate, BurstLimit: burst };
      Properties['Quota'] = { Limit: requestsPerDay, Period: 'DAY' };
    } else if (Type === 'AWS::ApiGateway::Stage') {
      const throttling = { ThrottlingRateLimit: rate, ThrottlingBurstLimit: burst };
      Properties['MethodSettings'] = [{ ResourcePath: '/*', HttpMethod: '*', ...throttling }];
    }
  });
}
