import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { jsonRequest } from '../../infra/local/kernel/aws-api.ts';
import type { JournalEntry } from '../../infra/local/kernel/journal.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { takeDeadLetters } from '../helpers/dead-letters.ts';
import { stopNextExecution } from '../helpers/endings.ts';
import { type Fault, faulty, refused, type Target } from '../helpers/faults.ts';
import { type Site, startSite } from '../helpers/site.ts';
import { type StudentApi, startStudentApi, studentWith } from '../helpers/student-api.ts';

/**
 * Three minutes, after which a message comes again, are a third of a second. Alarms have minutes of
 * their own, which pass by hand.
 */
const TIME_SCALE = 0.002;

let api: StudentApi;
let lambda: LambdaClient;
let students = 0;

beforeAll(async () => {
  api = await startStudentApi({ timeScale: TIME_SCALE, invalidationDelayMs: 0, alarms: 'by hand' });
  lambda = new LambdaClient({
    endpoint: api.cloud.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'acceptance-test', secretAccessKey: 'none' },
  });
  await upload();
  await createStudent();
  await api.settled();
});
afterAll(() => api.stop());

const upload = () => api.put('page.txt', `content ${Math.random()}`);
const createStudent = () => api.create(studentWith(`SV${++students}`));

/** Puts a fault into the local cloud until it is cured, or the test ends. */
function inject(
  target: Target,
  fault: Fault,
  { site = api, times }: { site?: Site; times?: number } = {},
): () => void {
  const cure = site.cloud.intercept(faulty(target, fault, times).interceptor);
  onTestFinished(cure);
  return cure;
}

/** Lets calls wait until it is cured. */
function hold(target: Target, site: Site = api): () => void {
  const freed = Promise.withResolvers<void>();
  const remove = inject(
    target,
    async (_, next) => {
      await freed.promise;
      return next();
    },
    { site },
  );
  const cure = () => {
    remove();
    freed.resolve();
  };
  onTestFinished(cure);
  return cure;
}

/** Kills the function that makes the call, once. */
function killOnce(target: Target): void {
  const kill: Fault = ({ request }, next) => {
    api.cloud.crashFunctions(request.caller);
    return next();
  };
  inject(target, kill, { times: 1 });
}

/** DynamoDB has an error of its own. */
const dynamoDbFails: Fault = async () => ({
  status: 500,
  headers: { 'content-type': 'application/x-amz-json-1.0' },
  body: '{"__type":"com.amazonaws.dynamodb.v20120810#InternalServerError","message":"Refused by a test"}',
});

type Cure = () => unknown;
const passesByItself: Cure = () => undefined;

interface Trouble {
  /** Puts an end to it. */
  readonly cure: Cure;
  /** Makes it happen again, this many minutes after the last time. */
  readonly again: () => Promise<unknown>;
  readonly everyMinutes: number;
}

type Cause = () => Promise<Cure | Trouble> | Cure | Trouble;

/** An upload whose function is killed when it makes the call. */
function uploadThatKills(target: Target): Cause {
  return async () => {
    killOnce(target);
    await upload();
    return passesByItself;
  };
}

/**
 * What raises each alarm. Returns how to put an end to it; and how to go on, if once is not enough.
 */
const CAUSES: Readonly<Record<string, Cause>> = {
  'site-changes-dead-letters': async () => {
    await api.send('nobody can read this');
    return () => takeDeadLetters(api, 'SiteChangesQueueUrl');
  },
  'mail-dead-letters': async () => {
    await api.clients.sqs.send(
      new SendMessageCommand({ QueueUrl: api.output('MailQueueUrl'), MessageBody: 'nor this' }),
    );
    return () => takeDeadLetters(api, 'MailQueueUrl');
  },
  'site-changes-too-old': async () => {
    const cure = hold({ action: 'GetItem', caller: 'Collect' });
    await upload();
    return cure;
  },
  'mail-too-old': async () => {
    const cure = hold({ action: 'SendEmail', caller: 'MailSend' });
    await createStudent();
    return cure;
  },
  'collect-changes-errors': uploadThatKills({ action: 'StartExecution', caller: 'Collect' }),
  'report-refresh-errors': uploadThatKills({ action: 'UpdateItem', caller: 'Report' }),
  'send-mail-errors': uploadThatKills({ action: 'SendEmail', caller: 'MailSend' }),
  'students-errors': async () => {
    killOnce({ action: 'PutItem', caller: 'Students' });
    await createStudent();
    return passesByItself;
  },
  'refreshes-errors': async () => {
    killOnce({ action: 'Query', caller: 'RefreshApiRefreshes' });
    await api.ask('GET /refreshes');
    return passesByItself;
  },
  'backup-errors': async () => {
    killOnce({ action: 'Scan', caller: 'Backup' });
    await api.ask('POST /backup');
    return passesByItself;
  },
  'watch-distributions-errors': async () => {
    killOnce({ action: 'GetDistribution', caller: 'SiteWatch' });
    const FunctionName = await functionNamed('SiteWatch');
    await lambda.send(new InvokeCommand({ FunctionName, InvocationType: 'Event', Payload: '{}' }));
    return passesByItself;
  },
  'invalidate-errors': () => failRepeatedly('Invalidate'),
  'verify-edge-errors': () => failRepeatedly('Verify'),
  'refresh-failed': async () => {
    const cure = inject({ action: 'CreateInvalidation' }, refused('AccessDenied', 403));
    await upload();
    return cure;
  },
  'refresh-aborted': async () => {
    const stopped = stopNextExecution(api);
    await upload();
    await stopped;
    return passesByItself;
  },
  'api-5xx': async () => {
    const cure = inject({ action: 'PutItem', caller: 'Students' }, dynamoDbFails);
    expect((await createStudent()).status).toBe(500);
    return cure;
  },
  'quota-refusals': async () => {
    const cure = inject({ action: 'CreateInvalidation' }, refused('TooManyInvalidationsInProgress', 400));
    const isRefusal = (entry: JournalEntry) =>
      entry.kind === 'log' && entry.line.includes('"QuotaRefusals":1');
    let next = api.next(isRefusal, 'a refusal');
    await upload();
    const again = async () => {
      await next;
      next = api.next(isRefusal, 'another refusal');
      next.catch(() => undefined);
    };
    return { cure, again, everyMinutes: 15 };
  },
  'alarm-mails-lost': async () => {
    // As the queue's policy would, if it did not name the rule.
    const denied: Fault = async () => ({
      status: 403,
      headers: { 'x-amzn-errortype': 'AccessDenied' },
      body: '{"__type":"AccessDenied","message":"Refused by a test"}',
    });
    inject({ action: 'SendMessage', caller: ':rule/' }, denied, { times: 1 });
    killOnce({ action: 'UpdateItem', caller: 'Report' });
    await upload();
    return passesByItself;
  },
};

async function functionNamed(role: string): Promise<string | undefined> {
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  return Functions.find(each => each.FunctionName?.includes(role))?.FunctionName;
}

/** Has a function invoked with an event that it cannot use, again and again. */
async function failRepeatedly(role: string): Promise<Trouble> {
  const FunctionName = await functionNamed(role);
  const again = () => lambda.send(new InvokeCommand({ FunctionName, Payload: '{}' }));
  return { cure: passesByItself, again, everyMinutes: 4 };
}

/**
 * An alarm is raised, put an end to, and over; each of the two is mailed once.
 *
 * @returns after how many minutes it was raised
 */
async function expectMailedOnce(site: Site, alarm: string, cause: Cause): Promise<number> {
  const name = `StudentSite/Alarms/${alarm}`;
  const changes: string[] = [];
  const mailed = site.mails().length;
  const unsubscribe = site.cloud.journal.subscribe(entry => {
    if (entry.kind !== 'alarm' || entry.name !== name) return;
    if (entry.state === 'ALARM' || entry.previousState === 'ALARM') changes.push(`${entry.state}: ${name}`);
  });
  onTestFinished(unsubscribe);
  const mailedOver = site.next(
    entry => entry.kind === 'mail' && entry.subject === `OK: ${name}`,
    `the mail that ${name} is over`,
  );
  mailedOver.catch(() => undefined);

  const caused = await cause();
  const { cure, again, everyMinutes } =
    typeof caused === 'function'
      ? { cure: caused, again: async () => undefined, everyMinutes: Number.POSITIVE_INFINITY }
      : caused;
  let minutes = 0;
  for (; changes.length === 0; minutes++) {
    if (minutes % everyMinutes === 0) await again();
    await passMinute(site);
  }
  await cure();
  while (changes.length === 1) await passMinute(site);
  await mailedOver;
  await site.settled();
  const mails = site
    .mails()
    .slice(mailed)
    .map(({ subject }) => subject);
  expect(changes).toEqual([`ALARM: ${name}`, `OK: ${name}`]);
  expect(inOrder(mails.filter(subject => subject.endsWith(name)))).toEqual(inOrder(changes));
  return minutes;
}

/** What a cause sets going takes real time. */
async function passMinute(site: Site): Promise<void> {
  await sleep(5);
  site.cloud.passMinute();
}

describe('Each alarm is mailed once when it is raised and once when it is over:', () => {
  it.each(Object.entries(CAUSES))('%s', async (alarm, cause) => {
    await expectMailedOnce(api, alarm, cause);
  });

  it('no-backup, a day and two hours after the start', async () => {
    const school = await startStudentApi({ timeScale: TIME_SCALE, alarms: 'by hand' });
    onTestFinished(school.stop);
    await school.create(studentWith('SV1'));
    for (let minute = 1; minute < 26 * 60; minute++) school.cloud.passMinute();
    const minutes = await expectMailedOnce(school, 'no-backup', () => () => school.ask('POST /backup'));
    expect(minutes).toBe(1);
  });

  it('refresh-timed-out, of a state machine with a time limit', async () => {
    const assemblyDirectory = await assemblyWithTimeLimit(1);
    onTestFinished(() => rm(assemblyDirectory, { recursive: true }));
    const site = await startSite({ timeScale: TIME_SCALE, alarms: 'by hand', assemblyDirectory });
    onTestFinished(site.stop);
    await expectMailedOnce(site, 'refresh-timed-out', async () => {
      const cure = hold({ action: 'GetItem', caller: 'StateMachine' }, site);
      await site.put('page.txt', 'never verified');
      return cure;
    });
  });

  it('the list above covers every alarm of the template', async () => {
    const { MetricAlarms } = await describeAlarms(api.cloud.endpoint);
    const tried = [...Object.keys(CAUSES), 'no-backup', 'refresh-timed-out'];
    expect(new Set(MetricAlarms.map(({ AlarmName }) => AlarmName))).toEqual(
      new Set(tried.map(name => `StudentSite/Alarms/${name}`)),
    );
  });
});

/** Mails overtake each other. */
const inOrder = (subjects: readonly string[]) => subjects.toSorted((a, b) => a.localeCompare(b));

/** In the JSON protocol. */
async function describeAlarms(endpoint: string) {
  const { headers, body } = jsonRequest(
    'monitoring',
    'GraniteServiceVersion20100801.DescribeAlarms',
    {},
    'tester',
  );
  const { host: _, ...sent } = headers as Record<string, string>;
  const response = await fetch(endpoint, { method: 'POST', headers: sent, body: new Uint8Array(body) });
  return (await response.json()) as { readonly MetricAlarms: readonly { readonly AlarmName: string }[] };
}

/** The assembly with a limit on the whole execution, which the workflow itself has none of. */
async function assemblyWithTimeLimit(seconds: number): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'assembly-'));
  for (const name of await readdir(ASSEMBLY)) {
    const file = join(ASSEMBLY, name);
    const content = name.endsWith('.json') ? await readFile(file, 'utf8') : '';
    if (!content.includes('"StartAt"')) await symlink(file, join(directory, name));
    else {
      const definition = { ...JSON.parse(content), TimeoutSeconds: seconds };
      await writeFile(join(directory, name), JSON.stringify(definition));
    }
  }
  return directory;
}
