import { fileURLToPath } from 'node:url';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { readSettings } from './settings.ts';
import { StudentSiteStack } from './student-site-stack.ts';
import { buildWebsite } from './website-assets.ts';

const app = new App();
const websiteDirectory = fileURLToPath(new URL('../cdk.out/website', import.meta.url));
buildWebsite(websiteDirectory);

new StudentSiteStack(app, 'StudentSite', {
  settings: readSettings(name => app.node.tryGetContext(name)),
  websiteDirectory,
  // CloudFront, and so the certificate-free default domain and its metrics, live in us-east-1.
  env: { region: 'us-east-1' },
});
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
