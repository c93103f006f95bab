import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GetQueueAttributesCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { main } from '../../infra/cli/main.ts';
import type { Interceptor } from '../../infra/local/kernel/aws-endpoint.ts';
import { describing } from '../helpers/described-stacks.ts';
import { runCommand } from '../helpers/run-command.ts';
import { createQueue, startStorage, take } from '../helpers/storage.ts';

const COMMAND = fileURLToPath(new URL('../../infra/cli/main.ts', import.meta.url));

const linesOf = (text: string) => (text === '' ? [] : text.split('\n'));

/**
 * Both queues of a stack with their dead-letter queues, and the command beside them.
 *
 * @param visibilitySeconds how long a received dead letter is away: long, or a busy machine sees it
 *   come again
 */
async function start(visibilitySeconds = 60) {
  const { endpoint, services, sqs } = await startStorage();
  const deadLettered = async (name: string) => {
    const deadLetters = await createQueue(sqs, `${name}-dead-letters`, {
      VisibilityTimeout: String(visibilitySeconds),
    });
    const deadLetterTargetArn = `arn:aws:sqs:us-east-1:000000000000:${name}-dead-letters`;
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 });
    return { url: await createQueue(sqs, name, { RedrivePolicy }), deadLetters };
  };
  const changes = await deadLettered('site-changes');
  const mail = await deadLettered('student-mail');
  const deploy = (outputs: Readonly<Record<string, string>>) =>
    services.set(
      'cloudformation',
      describing(
        [{ name: 'StudentSite', resources: [], outputs, assets: new Map() }],
        new Date('2026-01-01'),
      ),
    );
  deploy({ SiteChangesQueueUrl: changes.url, MailQueueUrl: mail.url });

  const redrive = async (...options: string[]) => {
    const { exitCode, printed, complaint } = await runCommand(main, [
      ...['redrive', '--local', '--endpoint', endpoint.url],
      ...options,
    ]);
    return { exitCode, printed: linesOf(printed), complaints: linesOf(complaint) };
  };
  return { endpoint, sqs, changes, mail, deadLettered, deploy, redrive };
}

const send = (sqs: SQSClient, QueueUrl: string, ...bodies: string[]) =>
  Promise.all(bodies.map(MessageBody => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))));

async function count(sqs: SQSClient, QueueUrl: string): Promise<number> {
  const AttributeNames = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
  );
  return AttributeNames.reduce((sum, name) => sum + Number(Attributes[name]), 0);
}

const bodiesIn = async (sqs: SQSClient, url: string, expected: number) =>
  (await take(sqs, url, expected)).map(({ Body = '' }) => Body).toSorted((a, b) => a.localeCompare(b));

/** Fails the first call of an action once it has happened: its answer is lost. */
function losesFirstAnswer(lost: string): Interceptor {
  let failed = false;
  return async ({ action }, next) => {
    const response = await next();
    if (failed || action !== lost) return response;
    failed = true;
    return { status: 400, headers: { 'x-amzn-errortype': 'AccessDenied' }, body: '{"message":"Not now"}' };
  };
}

describe('npm run redrive', () => {
  it('puts every dead letter back on its own queue', async () => {
    const { sqs, changes, mail, redrive } = await start();
    const letters = Array.from({ length: 23 }, (_, index) => `change ${String(index).padStart(2, '0')}`);
    await send(sqs, changes.deadLetters, ...letters);
    await send(sqs, mail.deadLetters, 'a mail');
    expect(await redrive()).toEqual({
      exitCode: 0,
      printed: [
        'site-changes: moved 23 messages from site-changes-dead-letters',
        'student-mail: moved 1 message from student-mail-dead-letters',
      ],
      complaints: [],
    });
    expect(await bodiesIn(sqs, changes.url, 23)).toEqual(letters);
    expect(await bodiesIn(sqs, mail.url, 1)).toEqual(['a mail']);
    expect(await count(sqs, changes.deadLetters)).toBe(0);
    expect(await count(sqs, mail.deadLetters)).toBe(0);
  });

  it('puts webhooks back as well, in a stack that has one', async () => {
    const { sqs, changes, mail, deadLettered, deploy, redrive } = await start();
    const webhook = await deadLettered('webhook');
    deploy({ SiteChangesQueueUrl: changes.url, MailQueueUrl: mail.url, WebhookQueueUrl: webhook.url });
    await send(sqs, webhook.deadLetters, 'an end');
    const { exitCode, printed } = await redrive();
    expect({ exitCode, last: printed.at(-1) }).toEqual({
      exitCode: 0,
      last: 'webhook: moved 1 message from webhook-dead-letters',
    });
    expect(await bodiesIn(sqs, webhook.url, 1)).toEqual(['an end']);
  });

  it('prints what it moved from every queue as JSON', async () => {
    const { sqs, changes, redrive } = await start();
    await send(sqs, changes.deadLetters, 'a', 'b');
    const { printed } = await redrive('--json');
    expect(printed.map(line => JSON.parse(line))).toEqual([
      [
        { queue: 'site-changes', deadLetterQueue: 'site-changes-dead-letters', messages: 2 },
        { queue: 'student-mail', deadLetterQueue: 'student-mail-dead-letters', messages: 0 },
      ],
    ]);
  });

  it('keeps a message’s attributes', async () => {
    const { sqs, changes, redrive } = await start();
    const MessageAttributes = { source: { DataType: 'String', StringValue: 'cli' } };
    await sqs.send(
      new SendMessageCommand({ QueueUrl: changes.deadLetters, MessageBody: 'x', MessageAttributes }),
    );
    await redrive();
    expect((await take(sqs, changes.url, 1))[0]?.MessageAttributes).toMatchObject(MessageAttributes);
  });

  it('only counts with --dry-run', async () => {
    const { sqs, changes, redrive } = await start();
    await send(sqs, changes.deadLetters, 'a', 'b');
    expect(await redrive('--dry-run')).toMatchObject({
      exitCode: 0,
      printed: [
        'site-changes: would move 2 messages from site-changes-dead-letters',
        'student-mail: would move 0 messages from student-mail-dead-letters',
      ],
    });
    expect(await count(sqs, changes.deadLetters)).toBe(2);
    expect(await count(sqs, changes.url)).toBe(0);
  });

  it('deletes nothing that its queue refused, and reports what it moved', async () => {
    const { endpoint, sqs, changes, redrive } = await start(1);
    await send(sqs, changes.deadLetters, 'refused', 'taken');
    const remove = endpoint.intercept(async ({ request, action }, next) =>
      action === 'SendMessage' && request.body.includes('refused')
        ? { status: 400, headers: { 'x-amzn-errortype': 'AccessDenied' }, body: '{"message":"Not now"}' }
        : next(),
    );
    expect(await redrive()).toMatchObject({
      exitCode: 1,
      printed: ['site-changes: moved 1 message from site-changes-dead-letters'],
      complaints: [expect.stringContaining('AccessDenied: Not now')],
    });
    remove();
    expect(await bodiesIn(sqs, changes.url, 1)).toEqual(['taken']);
    expect(await bodiesIn(sqs, changes.deadLetters, 1)).toEqual(['refused']);
  });

  it('loses no message whichever answer is lost: at worst it exists twice', async () => {
    for (const action of ['ReceiveMessage', 'SendMessage', 'DeleteMessage']) {
      const { endpoint, sqs, changes, redrive } = await start();
      await send(sqs, changes.deadLetters, 'precious');
      const remove = endpoint.intercept(losesFirstAnswer(action));
      expect(await redrive()).toMatchObject({ exitCode: 1 });
      remove();
      const copies = (await count(sqs, changes.url)) + (await count(sqs, changes.deadLetters));
      expect(copies, `copies after a lost ${action}`).toBeGreaterThanOrEqual(1);
    }
  });
});

describe('npm run redrive as a command', () => {
  it('explains itself', async () => {
    const { redrive } = await start();
    const { exitCode, printed } = await redrive('--help');
    expect(exitCode).toBe(0);
    expect(printed.join()).toMatch(/npm run redrive.*--dry-run/s);
  });

  it.each([
    [1, ['--stack', 'Other'], /Stack with id Other does not exist\nCheck --stack/],
    [2, ['--loud'], /Unknown option '--loud'.*npm run redrive/s],
    [2, ['everything'], /Expected 0 arguments but got 1: everything/],
    [2, ['--endpoint', 'nowhere'], /'--endpoint <url>' argument 'nowhere' is invalid. It must be a URL/],
    [2, ['--dryrun'], /Did you mean --dry-run\?/],
    [1, ['--endpoint', 'http://127.0.0.1:1'], /ECONNREFUSED.*npm start/s],
  ])('fails with %i and a reason for %j', async (expected, options, reason) => {
    const { redrive } = await start();
    const { exitCode, printed, complaints } = await redrive(...options);
    expect(exitCode).toBe(expected);
    expect(printed).toEqual([]);
    expect(complaints.join('\n')).toMatch(reason);
  });

  it('fails with a reason for a stack that is not the student site', async () => {
    const { deploy, redrive } = await start();
    deploy({ Other: 'output' });
    expect(await redrive()).toEqual({
      exitCode: 1,
      printed: [],
      complaints: [
        'The stack StudentSite has no output SiteChangesQueueUrl. Name a stack of this project with --stack, or deploy it again: it may be older than this command.',
      ],
    });
  });

  it('fails with a reason for a queue without dead letters', async () => {
    const { deploy, sqs, redrive } = await start();
    const bare = await createQueue(sqs, 'bare');
    deploy({ SiteChangesQueueUrl: bare, MailQueueUrl: bare });
    expect(await redrive()).toMatchObject({ exitCode: 1, complaints: [`${bare} has no dead-letter queue`] });
  });

  it('reports success or failure to the shell', async () => {
    const { endpoint } = await start();
    const run = (...options: string[]) =>
      promisify(execFile)(process.execPath, [
        COMMAND,
        'redrive',
        '--local',
        '--endpoint',
        endpoint.url,
        ...options,
      ]);
    expect((await run()).stdout).toContain('site-changes: moved 0 messages');
    await expect(run('--stack', 'Other')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Stack with id Other does not exist'),
    });
  });
});
