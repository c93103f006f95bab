import {
  GetAccountCommand,
  GetEmailIdentityCommand,
  ListEmailIdentitiesCommand,
  PutEmailIdentityConfigurationSetAttributesCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2';
import { describe, expect, it } from 'vitest';
import { ses as service } from '../../../infra/local/services/ses/service.ts';
import { createSenderIdentities } from '../../../shared/aws/sender-identities.ts';
import { mailSender } from '../../../shared/deployment/mail-sender.ts';
import { startLoneService } from '../../helpers/lone-service.ts';
import { allow, mailFrom, permissionsOf, stackWith } from '../kernel/permissions/guarded.ts';

const ADDRESS = 'site@school.example.com';
const arnOf = (region: string, name = ADDRESS) => `arn:aws:ses:${region}:000000000000:identity/${name}`;

/** SES alone, with the policies of one role. */
async function start({
  statements = [],
  identities = [],
  followsSenderLinks = true,
}: {
  statements?: object[];
  identities?: string[];
  followsSenderLinks?: boolean;
} = {}) {
  const resources = stackWith(statements);
  const permissions = permissionsOf(resources);
  const as = await startLoneService(service, {
    definitions: identities,
    options: { followsSenderLinks },
    resources,
    permissions,
  });
  const clientAs = (accessKeyId: string, region?: string) => new SESv2Client(as(accessKeyId, region));
  const identitiesIn = (region: string, caller = 'administrator') =>
    createSenderIdentities(region, clientAs(caller, region));
  return { clientAs, identitiesIn };
}

describe('The identities of SES', () => {
  it('are created with tags, once, and removed', async () => {
    const { identitiesIn } = await start();
    const { create, find, remove } = identitiesIn('us-east-1');
    expect(await find(ADDRESS)).toBeUndefined();
    expect(await create(ADDRESS, { team: 'office' })).toBe(true);
    expect(await create(ADDRESS, { team: 'others' })).toBe(false);
    expect(await find(ADDRESS)).toEqual({ isVerified: true, tags: { team: 'office' } });
    await remove(ADDRESS);
    expect(await find(ADDRESS)).toBeUndefined();
    await expect(remove(ADDRESS)).resolves.toBeUndefined();
  });

  it('are tagged and untagged by their ARN, which may name none', async () => {
    const { identitiesIn } = await start();
    const { create, find, tag, untag } = identitiesIn('us-east-1');
    await create(ADDRESS, { team: 'office' });
    expect(await tag(arnOf('us-east-1'), { 'used-by:a': 'A', 'used-by:b': 'B' })).toBe(true);
    await untag(arnOf('us-east-1'), 'used-by:a');
    expect((await find(ADDRESS))?.tags).toEqual({ team: 'office', 'used-by:b': 'B' });
    const unknown = arnOf('us-east-1', 'nobody@example.com');
    expect(await tag(unknown, { a: 'b' })).toBe(false);
    await expect(untag(unknown, 'a')).resolves.toBeUndefined();
  });

  it('are those of one region', async () => {
    const { identitiesIn, clientAs } = await start({ identities: ['school@example.com'] });
    const [here, there] = [identitiesIn('us-east-1'), identitiesIn('eu-west-1')];
    await there.create(ADDRESS, {});
    expect(await here.find(ADDRESS)).toBeUndefined();
    await clientAs('administrator', 'eu-west-1').send(mailFrom(ADDRESS));
    await expect(clientAs('administrator').send(mailFrom(ADDRESS))).rejects.toThrow(
      `not verified. The following identities failed the check in region US-EAST-1: ${ADDRESS}`,
    );
    await clientAs('administrator').send(mailFrom('school@example.com'));
  });

  it('cannot send until their link is followed', async () => {
    const { identitiesIn, clientAs } = await start({ followsSenderLinks: false });
    const { create, find } = identitiesIn('us-east-1');
    await create(ADDRESS, {});
    expect(await find(ADDRESS)).toMatchObject({ isVerified: false });
    await expect(clientAs('administrator').send(mailFrom(ADDRESS))).rejects.toThrow('is not verified');
    const EmailIdentity = ADDRESS;
    expect(
      await clientAs('administrator').send(new GetEmailIdentityCommand({ EmailIdentity })),
    ).toMatchObject({
      IdentityType: 'EMAIL_ADDRESS',
      VerificationStatus: 'PENDING',
    });
  });

  it('are kept apart from those that a template has verified', async () => {
    const { identitiesIn } = await start({ identities: [ADDRESS] });
    const { create, find } = identitiesIn('us-east-1');
    expect(await create(ADDRESS, { ours: 'yes' })).toBe(false);
    expect(await find(ADDRESS)).toEqual({ isVerified: true, tags: {} });
  });
});

describe('A role', () => {
  const sender = (Owner: string) => ({
    Address: ADDRESS,
    Region: 'eu-west-1',
    IdentityArn: arnOf('eu-west-1'),
    Owner,
  });
  const reading = allow('ses:GetEmailIdentity', [
    arnOf('eu-west-1'),
    arnOf('eu-west-1', 'school.example.com'),
    arnOf('eu-west-1', 'example.com'),
  ]);
  const writing = ['CreateEmailIdentity', 'TagResource', 'UntagResource', 'DeleteEmailIdentity'];

  it('may register a sender and remove it again with the permissions for it and its domains', async () => {
    const statements = [
      reading,
      allow(
        writing.map(action => `ses:${action}`),
        arnOf('eu-west-1'),
      ),
    ];
    const { identitiesIn } = await start({ statements });
    const kind = mailSender(region => identitiesIn(region, 'worker-role'));
    for (const owner of ['a', 'b', 'a']) await kind.put(sender(owner));
    for (const owner of ['a', 'b', 'b']) await kind.remove(sender(owner));
    expect(await identitiesIn('eu-west-1').find(ADDRESS)).toBeUndefined();
  });

  it.each(writing)('cannot register and remove a sender without ses:%s', async missing => {
    const others = writing.filter(action => action !== missing).map(action => `ses:${action}`);
    const { identitiesIn } = await start({ statements: [reading, allow(others, arnOf('eu-west-1'))] });
    const kind = mailSender(region => identitiesIn(region, 'worker-role'));
    const all = async () => {
      for (const owner of ['a', 'b']) await kind.put(sender(owner));
      for (const owner of ['a', 'b']) await kind.remove(sender(owner));
    };
    await expect(all()).rejects.toThrow(`not authorized to perform \`ses:${missing}'`);
  });

  it('needs the permission for the configuration set with which its sender sends by default', async () => {
    const Condition = { StringEquals: { 'ses:FromAddress': ADDRESS } };
    const everything = (kind: string) => `arn:aws:ses:us-east-1:000000000000:${kind}/*`;
    const sending = allow('ses:SendEmail', everything('identity'), { Condition });
    const both = allow('ses:SendEmail', ['identity', 'configuration-set'].map(everything), { Condition });
    const sendWith = async (statement: object) => {
      const { clientAs, identitiesIn } = await start({ statements: [statement] });
      await identitiesIn('us-east-1').create('example.com', {});
      const worker = clientAs('worker-role');
      await worker.send(mailFrom(ADDRESS));
      await clientAs('administrator').send(
        new PutEmailIdentityConfigurationSetAttributesCommand({
          EmailIdentity: 'example.com',
          ConfigurationSetName: 'tracked',
        }),
      );
      await worker.send(mailFrom(ADDRESS));
    };
    await expect(sendWith(sending)).rejects.toThrow(
      /ses:SendEmail on resource: .*configuration-set\/tracked/,
    );
    await sendWith(both);
  });

  it('gets a refusal for an operation whose permissions are not known here', async () => {
    const { clientAs } = await start();
    await expect(clientAs('worker-role').send(new ListEmailIdentitiesCommand({}))).rejects.toThrow(
      'does not know which permissions ses POST /v2/email/list-identities needs',
    );
  });
});

describe('The account of SES', () => {
  it('is outside the sandbox and has no limits, since none are emulated', async () => {
    const { clientAs } = await start();
    expect(await clientAs('administrator').send(new GetAccountCommand({}))).toMatchObject({
      ProductionAccessEnabled: true,
      SendingEnabled: true,
      EnforcementStatus: 'HEALTHY',
      SendQuota: { Max24HourSend: -1, MaxSendRate: -1, SentLast24Hours: 0 },
    });
  });
});
