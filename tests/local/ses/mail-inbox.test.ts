import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListEmailIdentitiesCommand, SESv2Client, SendEmailCommand } from '@aws-sdk/client-sesv2';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAwsEndpoint } from '../../../infra/local/kernel/aws-endpoint.ts';
import { openDurableStore } from '../../../infra/local/kernel/durable-map.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import { createIdentities } from '../../../infra/local/services/ses/identities.ts';
import { startMailInbox } from '../../../infra/local/services/ses/mail-inbox.ts';
import { clientFor } from '../../helpers/sdk-client.ts';

async function start({
  file,
  identities = ['school@example.com'],
  ...options
}: {
  file?: string;
  identities?: string[];
  keep?: number;
} = {}) {
  const journal = createJournal();
  const store = openDurableStore(file);
  const known = createIdentities(store);
  for (const name of identities) known.put({ region: 'us-east-1', name, isVerified: true, tags: {} });
  const inbox = await startMailInbox({ port: 0, identities: known, store, journal, ...options });
  const services = new Map([['ses', inbox.handle]]);
  const endpoint = await startAwsEndpoint({ port: 0, services, journal });
  const ses = new SESv2Client(clientFor(endpoint.url));
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    ses.destroy();
    await endpoint.stop();
    await inbox.stop();
    store.close();
  };
  onTestFinished(stop);
  const send = (from: string, subject = 'Refreshed') =>
    ses.send(
      new SendEmailCommand({
        FromEmailAddress: from,
        Destination: { ToAddresses: ['head@example.com'] },
        Content: { Simple: { Subject: { Data: subject }, Body: { Text: { Data: 'All is fresh.' } } } },
      }),
    );
  return { inbox, journal, endpoint, send, stop };
}

function temporaryFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'mails-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return join(directory, 'services.sqlite');
}

const refusal = (sender: string) => ({
  name: 'MessageRejected',
  message: `Email address is not verified. The following identities failed the check in region US-EAST-1: ${sender}`,
  $metadata: { httpStatusCode: 400 },
});

describe('A mail', () => {
  it('from a verified sender arrives, is journalled and shown', async () => {
    const { inbox, journal, send } = await start();
    const { MessageId } = await send('school@example.com', 'Cập nhật xong');
    expect(inbox.mails()).toMatchObject([
      {
        messageId: MessageId,
        from: 'school@example.com',
        destination: { to: ['head@example.com'] },
        subject: 'Cập nhật xong',
        body: { text: 'All is fresh.' },
      },
    ]);
    expect(journal.entries).toContainEqual({
      kind: 'mail',
      to: ['head@example.com'],
      subject: 'Cập nhật xong',
    });
    expect(await (await fetch(`${inbox.url}/store`)).text()).toContain(MessageId);
  });

  it('from an unverified sender is refused as SES does', async () => {
    const { inbox, send } = await start();
    await expect(send('stranger@example.com')).rejects.toMatchObject(refusal('stranger@example.com'));
    await expect(send('school@example.com <stranger@example.com>')).rejects.toMatchObject({
      name: 'MessageRejected',
    });
    expect(inbox.mails()).toEqual([]);
  });

  it('from an unverified sender is refused by SES v1, too', async () => {
    const { inbox, endpoint } = await start();
    const form = {
      Action: 'SendEmail',
      Source: 'stranger@example.com',
      'Destination.ToAddresses.member.1': 'head@example.com',
      'Message.Subject.Data': 's',
      'Message.Body.Text.Data': 't',
    };
    const authorization = 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/email/aws4_request';
    const send = (Source: string) =>
      fetch(endpoint.url, {
        method: 'POST',
        headers: { authorization },
        body: new URLSearchParams({ ...form, Source }),
      });
    const refused = await send('stranger@example.com');
    expect(refused.status).toBe(400);
    expect(refused.headers.get('content-type')).toBe('text/xml');
    expect(await refused.text()).toMatch(/<Error><Type>Sender<\/Type><Code>MessageRejected<\/Code>/);
    expect(inbox.mails()).toEqual([]);
    const sent = await send('school@example.com');
    expect(sent.status).toBe(200);
    expect(sent.headers.get('content-type')).toBe('text/xml');
    expect(inbox.mails()).toHaveLength(1);
  });

  it('from a verified domain or a subdomain of it, or with a name before the address, arrives', async () => {
    const { inbox, send } = await start({ identities: ['school.example'] });
    await send('office@school.example');
    await send('The Office <office@school.example>');
    await send('office@sub.school.example');
    await expect(send('office@sub.other.example')).rejects.toMatchObject({ name: 'MessageRejected' });
    expect(inbox.mails()).toHaveLength(3);
  });
});

describe('The inbox', () => {
  it('keeps its mails over a restart, oldest first', async () => {
    const file = temporaryFile();
    const first = await start({ file });
    for (const subject of ['one', 'two']) await first.send('school@example.com', subject);
    await first.stop();

    const second = await start({ file });
    await second.send('school@example.com', 'three');
    expect(second.inbox.mails().map(({ subject }) => subject)).toEqual(['one', 'two', 'three']);
  });

  it('keeps a limited number of mails; the oldest go first', async () => {
    const file = temporaryFile();
    const first = await start({ file, keep: 2 });
    const page = async () => await (await fetch(`${first.inbox.url}/store`)).text();
    for (const subject of ['bound-one', 'bound-two', 'bound-three'])
      await first.send('school@example.com', subject);
    expect(first.inbox.mails().map(({ subject }) => subject)).toEqual(['bound-two', 'bound-three']);
    expect(await page()).not.toContain('bound-one');
    await first.stop();
    const second = await start({ file });
    expect(second.inbox.mails().map(({ subject }) => subject)).toEqual(['bound-two', 'bound-three']);
  });

  it('forgets the mails that its page cleared, and no later ones', async () => {
    const file = temporaryFile();
    const first = await start({ file });
    await first.send('school@example.com', 'before');
    await fetch(`${first.inbox.url}/clear-store`, { method: 'POST' });
    await first.send('school@example.com', 'after');
    await first.stop();
    const second = await start({ file });
    expect(second.inbox.mails().map(({ subject }) => subject)).toEqual(['after']);
  });
});

describe('What the local SES does not emulate', () => {
  const scope = '20260101/us-east-1/ses/aws4_request';
  const authorization = `AWS4-HMAC-SHA256 Credential=local/${scope}`;
  const askVersion1 = (url: string, Action: string, more: object = {}) =>
    fetch(url, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams({ Action, ...more }),
      signal: AbortSignal.timeout(5000),
    });

  it.each(['ListIdentities', 'GetSendQuota', 'VerifyEmailIdentity', 'SendTemplatedEmail'])(
    'is refused by name in the XML of SES v1: %s',
    async action => {
      const { endpoint } = await start();
      const refused = await askVersion1(endpoint.url, action);
      expect(refused.status).toBe(400);
      const text = await refused.text();
      expect(text).toContain('xmlns="http://ses.amazonaws.com/doc/2010-12-01/"');
      expect(text).toContain('<Code>InvalidAction</Code>');
      expect(text).toContain(`does not emulate ${action}`);
    },
  );

  it('is refused in the XML of SES v1 with a form that names no action, or by GET', async () => {
    const { endpoint } = await start();
    const url = `${endpoint.url}/?Action=ListIdentities`;
    for (const refused of [
      await askVersion1(endpoint.url, ''),
      await fetch(url, { headers: { authorization } }),
    ])
      expect(await refused.text()).toContain('<Code>InvalidAction</Code>');
  });

  it('is refused by name in the JSON of SES v2', async () => {
    const { endpoint } = await start();
    const list = new SESv2Client(clientFor(endpoint.url)).send(new ListEmailIdentitiesCommand({}));
    await expect(list).rejects.toMatchObject({
      name: 'NotImplemented',
      message: 'The local SES does not emulate POST /v2/email/list-identities',
      $metadata: { httpStatusCode: 501 },
    });
  });

  it('is refused in the protocol of the request: a mail without content', async () => {
    const { endpoint, inbox } = await start();
    const form = { Source: 'school@example.com', 'Message.Subject.Data': 's' };
    const refused = await askVersion1(endpoint.url, 'SendEmail', form);
    expect(await refused.text()).toMatch(/<Code>ValidationError<\/Code><Message>.*Must have either/);
    const send = new SESv2Client(clientFor(endpoint.url)).send(
      new SendEmailCommand({ FromEmailAddress: 'school@example.com', Content: {} }),
    );
    await expect(send).rejects.toMatchObject({
      name: 'BadRequestException',
      message: expect.stringContaining('Must have either'),
    });
    expect(inbox.mails()).toEqual([]);
  });
});
