import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { BOOTSTRAP_VERSION } from '../../infra/cli/doctor/before/account.ts';
import { attachmentOf, schoolOf } from '../../infra/cli/doctor/before/target.ts';
import { ATTACHED } from '../fixtures/existing-names.ts';
import { ASSEMBLY } from '../helpers/assembly.ts';
import { resourceOf, type StackName, synthesised, textOf } from '../helpers/templates.ts';

const { notifyEmail } = ATTACHED;
const TARGETS = {
  StudentSite: schoolOf({ context: { notifyEmail }, address: {} }),
  AutoInvalidation: attachmentOf({ context: ATTACHED, address: {} }),
};

/** What the doctor knows without a synthesis, which would take seconds. */
describe.each<[StackName, (typeof TARGETS)[StackName]]>([
  ['StudentSite', TARGETS.StudentSite],
  ['AutoInvalidation', TARGETS.AutoInvalidation],
])('The doctor looks at what the template of %s makes:', (stackName, target) => {
  const template = synthesised(stackName);

  it('the dashboard of that name', () => {
    const { properties } = resourceOf(template, 'AWS::CloudWatch::Dashboard', '');
    expect(textOf(properties['DashboardName'])).toBe(target.dashboard);
  });

  it('the version of the bootstrap that CDK asks for', () => {
    const Manifest = z.object({
      artifacts: z.record(
        z.string(),
        z.object({
          properties: z.object({ requiresBootstrapStackVersion: z.number().optional() }).optional(),
        }),
      ),
    });
    const { artifacts } = Manifest.parse(JSON.parse(readFileSync(join(ASSEMBLY, 'manifest.json'), 'utf8')));
    expect(artifacts[stackName]?.properties?.requiresBootstrapStackVersion).toBe(BOOTSTRAP_VERSION);
  });

  it('the sender of the mails, in its region', () => {
    const { properties } = resourceOf(template, 'Custom::MailSender', '');
    expect(properties).toMatchObject({ Address: target.mail.sender, Region: target.mail.region });
  });
});

it("The doctor looks for the notification that the attachment's template adds", () => {
  const { properties } = resourceOf(synthesised('AutoInvalidation'), 'Custom::BucketNotification', '');
  const { Owner, Events, KeyPrefixes } = TARGETS.AutoInvalidation.site?.notification ?? {};
  expect({ Owner, Events, KeyPrefixes }).toEqual({
    Owner: properties['Owner'],
    Events: properties['Events'],
    KeyPrefixes: properties['KeyPrefixes'],
  });
});
