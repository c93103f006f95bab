import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { BUNDLING_STACKS } from 'aws-cdk-lib/cx-api';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AutoInvalidationStack } from './auto-invalidation-stack.ts';
import { readAttachmentSettings, readSettings } from './settings.ts';
import { StudentSiteStack } from './student-site-stack.ts';
import { buildWebsite } from './website-assets.ts';

/** The stack for a site that there is already. It needs settings without a default. */
const ATTACHMENT = 'AutoInvalidation';

const app = new App();
const contextOf = (name: string): unknown => app.node.tryGetContext(name);
/** The stacks that the command line names; all, when it names none. */
const asked: unknown = contextOf(BUNDLING_STACKS);
const isAsked = Array.isArray(asked) && asked.includes(ATTACHMENT);

if (!(isAsked && asked.length === 1)) {
  const settings = readSettings(contextOf);
  const websiteDirectory = join(app.outdir, 'website');
  buildWebsite(websiteDirectory);
  new StudentSiteStack(app, 'StudentSite', {
    settings,
    websiteDirectory,
    // CloudFront, and so the certificate-free default domain and its metrics, live in us-east-1.
    env: { region: 'us-east-1' },
  });
}
if (isAsked || contextOf('bucket') !== undefined) {
  new AutoInvalidationStack(app, ATTACHMENT, { settings: readAttachmentSettings(contextOf) });
}
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
