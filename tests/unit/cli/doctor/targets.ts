import { attachmentOf, schoolOf, type Target } from '../../../../infra/cli/doctor/before/target.ts';

/** The attachment to a site in eu-west-1. */
export const attachment = (context: Readonly<Record<string, string>> = {}): Target =>
  attachmentOf({
    context: {
      bucket: 'my-site',
      distributionId: 'E2EXAMPLE1ABCD',
      region: 'eu-west-1',
      notifyEmail: 'owner@school.example,head@school.example',
      ...context,
    },
    address: { profile: 'school' },
  });

export const school = (context: Readonly<Record<string, string>> = {}): Target =>
  schoolOf({ context: { notifyEmail: 'owner@school.example', ...context }, address: {} });
