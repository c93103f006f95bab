import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { Mail, type MailProps } from '../../infra/constructs/pipeline/mail.ts';
import { REGIONS_WITHOUT_SES } from '../../infra/constructs/pipeline/ses-regions.ts';
import { permissionsOf, resourceOf, resourcesOf, templateOf, textOf } from '../helpers/templates.ts';

const emails = ['owner@example.com'];

/** @param region of the stack; without one, only the deployment knows it */
function stackWith(region: string | undefined, ...mails: Partial<MailProps>[]) {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Site', region === undefined ? {} : { env: { region } });
  for (const [index, props] of mails.entries()) new Mail(stack, `Mail${index}`, { emails, ...props });
  return templateOf(stack);
}

/** What a role may do with SES, as `action resource`. */
const allowed = (template: ReturnType<typeof templateOf>, role: string) =>
  permissionsOf(template, role).flatMap(({ Action, Resource = [] }) =>
    Action.filter(action => action.startsWith('ses:')).flatMap(action =>
      Resource.map(resource => `${action} ${textOf(resource)}`),
    ),
  );

describe('Mails from a region without SES', () => {
  it.each([...REGIONS_WITHOUT_SES])('are refused when the stack is synthesised for %s', region => {
    expect(() => stackWith(region, {})).toThrow(
      `Site/Mail0: ${region} has no SES. Choose a region that has it for the mails: notify.region of AutoInvalidation, region of Mail, or -c mailRegion=eu-west-1`,
    );
    expect(() => stackWith('us-east-1', { region })).toThrow(`${region} has no SES`);
    expect(() => stackWith(region, { region: 'eu-west-1' })).not.toThrow();
  });

  it.each(['us-east-1', 'eu-central-1', 'ap-southeast-2', undefined])('are not those from %s', region => {
    expect(() => stackWith(region, {})).not.toThrow();
  });
});

describe('Mails that another region sends', () => {
  const template = stackWith('eu-south-2', { region: 'eu-west-1', from: 'site@mail.example.com' });
  const arn = (resource: string) => `arn:<AWS::Partition>:ses:eu-west-1:<AWS::AccountId>:${resource}`;

  it('are sent by its SES, with permissions there', () => {
    const { properties } = resourceOf(template, 'AWS::Lambda::Function', 'Mail0Send');
    expect(properties).toMatchObject({ Environment: { Variables: { MAIL_REGION: 'eu-west-1' } } });
    expect(new Set(allowed(template, 'Mail0SendServiceRole'))).toEqual(
      new Set([`ses:SendEmail ${arn('identity/*')}`, `ses:SendEmail ${arn('configuration-set/*')}`]),
    );
  });

  it('have their sender registered there, or its domain looked up', () => {
    const sender = resourceOf(template, 'Custom::MailSender', '');
    expect(sender.properties).toMatchObject({ Address: 'site@mail.example.com', Region: 'eu-west-1' });
    expect(textOf(sender.properties['IdentityArn'])).toBe(arn('identity/site@mail.example.com'));
    const domains = ['site@mail.example.com', 'mail.example.com', 'example.com'];
    expect(
      allowed(template, 'SesSendersRegisterServiceRole').filter(pair => pair.startsWith('ses:Get')),
    ).toEqual(domains.map(domain => `ses:GetEmailIdentity ${arn(`identity/${domain}`)}`));
  });
});

describe('The senders of a stack', () => {
  it('are resources of their own, made after a policy of their own, by one function', () => {
    const template = stackWith(
      'us-east-1',
      {},
      { from: 'other@example.com' },
      { region: 'eu-west-1' },
      { region: 'us-east-1' },
    );
    const senders = resourcesOf(template, 'Custom::MailSender');
    expect(senders.map(({ properties: { Address, Region } }) => `${Address} ${Region}`)).toEqual([
      'owner@example.com us-east-1',
      'other@example.com us-east-1',
      'owner@example.com eu-west-1',
    ]);
    const policies = senders.map(({ dependsOn }) =>
      dependsOn.find(id => id.startsWith('SesSendersRegister')),
    );
    expect(new Set(policies).size).toBe(3);
    expect(policies).not.toContain(undefined);
    expect(new Set(senders.map(({ properties }) => JSON.stringify(properties['ServiceToken']))).size).toBe(1);
    expect(new Set(senders.map(({ properties }) => JSON.stringify(properties['Owner']))).size).toBe(3);
  });

  it('keep the permission for a former one until it is removed', () => {
    const [former, next] = ['former@example.com', 'next@example.com'].map(from => {
      const template = stackWith('us-east-1', { from });
      const sender = resourceOf(template, 'Custom::MailSender', '');
      return { template, sender, policy: sender.dependsOn.find(id => id.startsWith('SesSendersRegister')) };
    });
    expect(former?.policy).toBeDefined();
    expect(next?.template.Resources).not.toHaveProperty(former?.policy ?? '');
    expect(next?.template.Resources).not.toHaveProperty(former?.sender.id ?? '');
  });
});
