import { createHash } from 'node:crypto';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetEmailIdentityCommand, NotFoundException, SESv2Client } from '@aws-sdk/client-sesv2';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { createKnownIdentities } from '../../../../../shared/aws/sender-identities.ts';
import { domainsOf } from '../../../../../shared/mail/email-address.ts';
import { describeSender, senderState } from '../../../../../shared/mail/sender.ts';
import type { Refresh } from '../../../../../shared/refresh/refresh.ts';
import { type QueueStatus, queueUrlsOf, readQueue } from '../../../aws/queues.ts';
import type { Stack } from '../../../aws/stack.ts';
import { confirmed, type Finding, judged, refuted, untestable } from '../../finding.ts';
import { commandFor } from '../remedies.ts';
import type { Probe, Trial } from '../trial.ts';
import { OutOfPatienceError, until } from '../waiting.ts';

/** The mails about the doctor's own refreshes, as far as AWS tells of them. */
export const mail: Probe = {
  name: 'the mails',
  asksEdge: false,
  cost: { files: 0, paths: 0 },
  async *run(trial) {
    yield await judgeSender(trial);
    const sent = await judgeSent(trial);
    yield sent;
    yield await judgeQueues(trial);
    yield await judgeConfigurationSet(trial, sent);
    yield { about: 'mails reach an inbox', ...untestable(INBOX) };
  },
};

const INBOX = 'the doctor reads nobody’s mail: look for those about its files';

async function senderOf({ client, output }: Stack) {
  const [address, region] = [await output('MailFrom'), await output('MailRegion')];
  return { address, region, ses: new SESv2Client({ ...client, region }) };
}

async function judgeSender({ stack }: Trial): Promise<Finding> {
  const { address, region, ses } = await senderOf(stack);
  const state = await senderState(address, createKnownIdentities(ses));
  const described = describeSender(state, address, region);
  const about = 'SES sends the mails';
  if (state === 'verified') return { about, ...confirmed(described) };
  return { about, ...refuted(`${address} is ${state} in ${region}`, described) };
}

/** Whether SES has taken the mails about all refreshes that the doctor caused. */
async function judgeSent(trial: Trial): Promise<Finding> {
  const { stack, site, refreshes, waiting } = trial;
  const about = 'a mail for each refresh';
  if (refreshes.ended.length === 0) return { about, ...untestable('the doctor has caused no refresh') };
  if (site.mail.when === 'failed')
    return { about, ...untestable('only failures are mailed (mailWhen is "failed")') };
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(stack.client));
  const messageIdOf = sentMails(documents, site.mail.sentTable);
  try {
    const ids: string[] = [];
    for (const refresh of refreshes.ended) {
      const mailId = await mailIdOf(refresh, trial);
      ids.push(await until(() => messageIdOf(mailId), `the mail ${mailId}`, waiting));
    }
    const evidence = `SES has taken all ${ids.length}, the last one as ${ids.at(-1)}`;
    return { about, ...confirmed(evidence) };
  } catch (error) {
    if (!(error instanceof OutOfPatienceError)) throw error;
    const remedy = 'See RUNBOOK.md#mail-dead-letters.';
    return { about, ...refuted(`${error.message}: SES has not taken it`, remedy) };
  }
}

/** A failure has a mail of its own. What else ends may be told together with others. */
function mailIdOf({ id, state }: Refresh, { site, waiting }: Trial): Promise<string> {
  const ownId = `refresh-report-${id}`;
  if (!site.mail.isJoint || state === 'failed') return Promise.resolve(ownId);
  const jointId = async () => (await site.table.refreshes.get(id))?.end?.mailId;
  return until(jointId, `a mail about the refresh ${id}`, waiting);
}

/** How Powertools Idempotency stores that something was done, and with what result. */
const SentMail = z.object({ status: z.literal('COMPLETED'), data: z.object({ messageId: z.string() }) });

/** @returns finds the id that SES gave a mail; undefined as long as it was not sent */
function sentMails(documents: DynamoDBDocumentClient, TableName: string) {
  return async (mailId: string): Promise<string | undefined> => {
    // The key that shared/mail/mail-handler.ts has Powertools make of a mail's id.
    const hash = createHash('md5').update(JSON.stringify(mailId)).digest('base64');
    const { Item } = await documents.send(
      new GetCommand({ TableName, Key: { id: `mail#${hash}` }, ConsistentRead: true }),
    );
    return SentMail.safeParse(Item).data?.data.messageId;
  };
}

/** Whether every queue gets empty, and nothing was given up. */
async function judgeQueues({ stack, waiting }: Trial): Promise<Finding> {
  const sqs = new SQSClient(stack.client);
  const urls = await queueUrlsOf(stack);
  const read = () => Promise.all(urls.map(url => readQueue(url, sqs)));
  const emptied = async () => {
    const queues = await read();
    return queues.every(({ waiting: ready, inWork }) => ready + inWork === 0) ? queues : undefined;
  };
  try {
    return judgeEmptied(await until(emptied, 'every queue to be empty', waiting), stack);
  } catch (error) {
    if (!(error instanceof OutOfPatienceError)) throw error;
    return judgeEmptied(await read(), stack);
  }
}

export function judgeEmptied(queues: readonly QueueStatus[], stack: Pick<Stack, 'name' | 'client'>): Finding {
  const counts = queues.map(
    ({ name, waiting, inWork, deadLetters }) =>
      `${name}: ${waiting} waiting, ${inWork} in work, ${deadLetters} dead letters`,
  );
  const isEmpty = queues.every(
    ({ waiting, inWork, deadLetters }) => waiting === 0 && inWork === 0 && deadLetters === 0,
  );
  return {
    about: 'no message is stuck',
    ...judged(
      isEmpty,
      counts.join('; '),
      `Find the cause (RUNBOOK.md), then: ${commandFor('redrive', stack)}`,
    ),
  };
}

/** Sending by an identity with a default configuration set needs a permission of its own. */
async function judgeConfigurationSet({ stack }: Trial, sent: Finding): Promise<Finding> {
  const about = 'mails are sent by an identity with a configuration set';
  const { address, ses } = await senderOf(stack);
  for (const EmailIdentity of [address, ...domainsOf(address)]) {
    const set = await configurationSetOf(EmailIdentity, ses);
    if (set !== undefined)
      return { ...sent, about, evidence: `${EmailIdentity} has ${set}; ${sent.evidence}` };
  }
  return { about, ...untestable(`neither ${address} nor its domain has one`) };
}

/** Undefined, too, if SES does not know the identity. */
async function configurationSetOf(EmailIdentity: string, ses: SESv2Client): Promise<string | undefined> {
  try {
    return (await ses.send(new GetEmailIdentityCommand({ EmailIdentity }))).ConfigurationSetName;
  } catch (error) {
    if (error instanceof NotFoundException) return undefined;
    throw error;
  }
}
