import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { authorizationOf } from '../../infra/local/kernel/aws-api.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import type { ReceivedMail } from '../../infra/local/services/ses/mail-inbox.ts';
import { type Manifest, manifestKeyOf, readManifest } from '../../shared/school/backup/manifest.ts';
import { isGivenUp } from './open-work.ts';
import { askAws, type School, urlsOf } from './school.ts';
import type { Simulation } from './simulation.ts';
import { deadLetterQueueUrl, output, POINTS_OF_PRESENCE, QUEUES, queueLength, TESTER } from './stack.ts';

/**
 * What is not as it should be, now that everything has come to an end: each violation as a
 * sentence.
 *
 * - Every point of presence shows what the bucket holds.
 * - Every execution succeeded, every refresh that took changes is fresh, and no plan was paid for
 *   twice.
 * - The register holds the students it should, and every backup that was started can be read and is
 *   mailed, unless Lambda gave it up: it makes three attempts of an event.
 * - Every refresh, every registration and every backup is mailed once. SES knows no idempotency: a
 *   mail may come once more for each time that SES took it and its sender did not live to record
 *   that, or did not hear of it.
 * - No queue holds a message, dead letters included.
 */
export async function findViolations(simulation: Simulation, school: School): Promise<string[]> {
  const { cloud } = simulation;
  const refreshes = await refreshesOf(cloud);
  const started = startedBackups(simulation);
  const made = await existing(cloud, started);
  return [
    ...(await staleEdges(cloud, school)),
    ...unfinished(cloud, refreshes),
    ...(await paidTwice(cloud, refreshes)),
    ...(await wrongStudents(cloud, school)),
    ...lostBackups(cloud, started.length - made.filter(key => isBackupMailed(cloud, key)).length),
    ...(await damagedBackups(cloud, made)),
    ...wrongMails(simulation, school, refreshes, started),
    ...(await messagesLeft(cloud)),
  ];
}

async function staleEdges(cloud: LocalCloud, { files }: School): Promise<string[]> {
  const views = [...files.keys()].flatMap(key =>
    urlsOf(key).flatMap(url => POINTS_OF_PRESENCE.map(pop => ({ key, url, pop }))),
  );
  const seen = await Promise.all(
    views.map(async ({ key, url, pop }) => {
      const { status, body } = await cloud.view(url, pop);
      const shown = status === 200 ? body.toString() : undefined;
      const stored = files.get(key);
      return shown === stored ? [] : [`${pop} shows ${shown} (${status}) at ${url}, not ${stored}`];
    }),
  );
  return seen.flat();
}

/** A record of the refresh table, as far as it is looked at. */
interface RefreshRecord {
  readonly id: string;
  readonly state: string;
  readonly generation: number;
  readonly plans: number;
}

type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>;

async function itemsOf(cloud: LocalCloud, table: string): Promise<readonly Item[]> {
  const input = { TableName: output(cloud, table), ConsistentRead: true };
  return (await askAws<{ Items: Item[] }>(cloud, 'dynamodb', 'DynamoDB_20120810.Scan', input)).Items;
}

interface Refreshes {
  readonly records: readonly RefreshRecord[];
  /** Id of the refresh that the pointer names. */
  readonly current: string | undefined;
}

async function refreshesOf(cloud: LocalCloud): Promise<Refreshes> {
  const items = await itemsOf(cloud, 'RefreshTableName');
  const records = items
    .filter(item => item['sk']?.S === 'refresh')
    .map(item => ({
      id: item['pk']?.S ?? '',
      state: item['state']?.S ?? '',
      generation: Number(item['generation']?.N),
      plans: Number(item['plans']?.N ?? 0),
    }));
  return { records, current: items.find(item => item['pk']?.S === 'open')?.['refreshId']?.S };
}

/**
 * A refresh that lost the race for the pointer is open, but took nothing: nobody ever hears of it.
 */
function unfinished(cloud: LocalCloud, { records, current }: Refreshes): string[] {
  const lasting = records.filter(({ id, generation }) => generation > 0 || id === current);
  const executions = new Map(
    cloud.journal.entries.flatMap(entry =>
      entry.kind === 'execution' && entry.state === undefined ? [[entry.name, entry] as const] : [],
    ),
  );
  return [
    ...lasting
      .filter(({ state }) => state !== 'fresh')
      .map(({ id, state }) => `The refresh ${id} is ${state}`),
    ...[...executions.values()]
      .filter(({ status }) => status !== 'SUCCEEDED')
      .map(({ name, status, error }) => `The execution ${name} is ${status}: ${error}`),
  ];
}

async function paidTwice(cloud: LocalCloud, { records }: Refreshes): Promise<string[]> {
  const references = await callerReferences(cloud);
  return records.flatMap(({ id, plans }) => {
    const paid = references.filter(reference => reference.startsWith(`${id}-`));
    return paid.length > plans
      ? [`The refresh ${id} has ${plans} plans and ${paid.length} invalidations`]
      : [];
  });
}

async function callerReferences(cloud: LocalCloud): Promise<string[]> {
  const base = `/2020-05-31/distribution/${output(cloud, 'DistributionId')}/invalidation`;
  const headers = { host: 'localhost', authorization: authorizationOf(TESTER, 'cloudfront') };
  const get = async (url: string) => {
    const request = {
      service: 'cloudfront',
      caller: TESTER,
      method: 'GET',
      url,
      headers,
      body: Buffer.alloc(0),
    };
    return String((await cloud.callAws(request)).body);
  };
  const ids = [...(await get(`${base}?MaxItems=1000`)).matchAll(/<Id>(\w+)<\/Id>/g)].map(([, id]) => id);
  const details = await Promise.all(ids.map(id => get(`${base}/${id}`)));
  return details.map(detail => /<CallerReference>(.*?)<\/CallerReference>/.exec(detail)?.[1] ?? '');
}

async function wrongStudents(cloud: LocalCloud, school: School): Promise<string[]> {
  const items = await itemsOf(cloud, 'StudentTableName');
  const fields = ['studentid', 'name', 'class', 'birthdate', 'email'] as const;
  const stored = items.map(item => JSON.stringify(fields.map(field => item[field]?.S)));
  const wanted = [...school.students.values()].map(student =>
    JSON.stringify(fields.map(field => student[field])),
  );
  const [isStored, isWanted] = [new Set(stored), new Set(wanted)];
  return [
    ...stored.filter(each => !isWanted.has(each)).map(each => `The register holds ${each}, and should not`),
    ...wanted.filter(each => !isStored.has(each)).map(each => `The register lacks ${each}`),
  ];
}

/**
 * Keys of the backups that Lambda took over, some of them more than once: an SDK asks again when it
 * hears no answer.
 */
function startedBackups({ applied }: Simulation): string[] {
  const keys = applied
    .filter(({ action, status }) => action === 'InvokeFunction' && status === 202)
    // The schedule of the function that looks at distributions invokes as well.
    .filter(({ request }) => !request.url.includes('SiteWatch'))
    .map(({ request }) => (JSON.parse(request.body.toString()) as { key: string }).key);
  return [...new Set(keys)];
}

async function readFrom(cloud: LocalCloud, key: string): Promise<Buffer | undefined> {
  const headers = { host: 'localhost', authorization: authorizationOf(TESTER, 's3') };
  const url = `/${output(cloud, 'BackupBucketName')}/${key}`;
  const request = { service: 's3', caller: TESTER, method: 'GET', url, headers, body: Buffer.alloc(0) };
  const { status, body = '' } = await cloud.callAws(request);
  return status === 200 ? Buffer.from(body) : undefined;
}

/** Those with a manifest: the others are backups to nobody. */
async function existing(cloud: LocalCloud, keys: readonly string[]): Promise<string[]> {
  const manifests = await Promise.all(keys.map(key => readFrom(cloud, manifestKeyOf(key))));
  return keys.filter((_, index) => manifests[index] !== undefined);
}

function lostBackups({ journal }: LocalCloud, lost: number): string[] {
  const givenUp = journal.entries.filter(entry => entry.kind === 'log' && isGivenUp(entry.line)).length;
  return lost > givenUp ? [`${lost} backups are missing or not mailed, and Lambda gave ${givenUp} up`] : [];
}

/** Lambda's last attempt may be cut short between the backup and its mail. */
function isBackupMailed(cloud: LocalCloud, key: string): boolean {
  return cloud.mails().some(isSuccessOf(key));
}

async function damagedBackups(cloud: LocalCloud, keys: readonly string[]): Promise<string[]> {
  const damaged: string[] = [];
  for (const key of keys) {
    const [manifest, content] = [await readFrom(cloud, manifestKeyOf(key)), await readFrom(cloud, key)];
    const isReadable = content !== undefined && isWhole(readManifest(key, String(manifest)), content);
    if (!isReadable) damaged.push(`The backup ${key} is damaged`);
  }
  return damaged;
}

function isWhole({ sha256, count }: Manifest, content: Buffer): boolean {
  const lines = gunzipSync(content).toString().split('\n').length - 1;
  return createHash('sha256').update(content).digest('hex') === sha256 && lines === count;
}

function wrongMails(
  simulation: Simulation,
  { registered }: School,
  { records }: Refreshes,
  backups: readonly string[],
): string[] {
  const mails = simulation.cloud.mails();
  const wrong: string[] = [];
  let more = 0;
  const expectOnce = (what: string, isIt: (mail: ReceivedMail) => boolean, least = 1) => {
    const count = mails.filter(isIt).length;
    if (count < least) wrong.push(`There is no mail of ${what}`);
    more += Math.max(0, count - 1);
    return count;
  };
  let known = 0;
  for (const { id, generation } of records)
    if (generation > 0) known += expectOnce(`the refresh ${id}`, isSuccessOf(id));
  for (const email of registered)
    known += expectOnce(`the student ${email}`, mail => mail.destination.to.includes(email));
  for (const key of backups) {
    known += expectOnce(`the backup ${key}`, isSuccessOf(key), 0);
    // Lambda tries again what failed once; that it failed is told all the same.
    known += expectOnce(`a failure of the backup ${key}`, mail => tellsOf(key, mail) && isFailure(mail), 0);
  }
  if (known < mails.length) {
    const subjects = mails.map(({ subject }) => subject).join('; ');
    wrong.push(`${mails.length - known} mails are about nothing that happened: ${subjects}`);
  }
  const unheard = unrecordedSends(simulation);
  if (more > unheard) wrong.push(`${more} mails came once more, ${unheard} may have`);
  return wrong;
}

const tellsOf = (id: string, mail: ReceivedMail) => (mail.body.text ?? '').includes(id);
const isSuccessOf = (id: string) => (mail: ReceivedMail) => tellsOf(id, mail) && !isFailure(mail);
const isFailure = (mail: ReceivedMail) => mail.subject.startsWith('FAILED');

/** How often SES took a mail whose sender did not record it. */
function unrecordedSends({ applied }: Simulation): number {
  const taken = applied.filter(({ status }) => status === 200);
  const sends = taken.filter(({ action }) => action === 'SendEmail');
  return [...Map.groupBy(sends, ({ invocation }) => invocation)].reduce((sum, [sender, sent]) => {
    const records = taken.filter(
      ({ action, invocation, request }) =>
        invocation === sender && action === 'UpdateItem' && isMailSender(request.caller),
    );
    // The SDK repeats a record whose answer was lost.
    const recorded = new Set(records.map(({ request }) => request.headers['amz-sdk-invocation-id'])).size;
    return sum + sent.length - recorded;
  }, 0);
}

const isMailSender = (caller: string) => caller.includes('MailSend');

async function messagesLeft(cloud: LocalCloud): Promise<string[]> {
  const left: string[] = [];
  for (const queue of QUEUES) {
    for (const each of [output(cloud, queue), deadLetterQueueUrl(cloud, queue)]) {
      const count = await queueLength(cloud, each);
      if (count > 0) left.push(`${count} messages are left in ${each.split('/').at(-1)}`);
    }
  }
  return left;
}
