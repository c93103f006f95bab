import { App, Stack } from 'aws-cdk-lib';
import { SlackChannelConfiguration } from 'aws-cdk-lib/aws-chatbot';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { EventField, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AutoInvalidation } from '../constructs/pipeline/auto-invalidation.ts';

const app = new App();
const stack = new Stack(app, 'Site');

const bucket = new Bucket(stack, 'Bucket');
const origin = S3BucketOrigin.withOriginAccessControl(bucket);
const distribution = new Distribution(stack, 'Distribution', { defaultBehavior: { origin } });
const pipeline = new AutoInvalidation(stack, 'Freshness', {
  bucket,
  distributions: [{ distribution }],
  notify: { emails: ['owner@example.com'], when: 'failed' },
});

// Amazon Q Developer in chat applications posts what it finds on the topic. Connect the workspace
// in its console, once.
const topic = new Topic(stack, 'Chat', { enforceSSL: true });
new SlackChannelConfiguration(stack, 'Channel', {
  slackChannelConfigurationName: 'site-freshness',
  slackWorkspaceId: 'T01234567',
  slackChannelId: 'C01234567',
  notificationTopics: [topic],
});

const [id, reason] = ['refreshId', 'reason.message'].map(name => EventField.fromPath(`$.detail.${name}`));
const content = { title: 'The site may show old content', description: `Refresh ${id} failed: ${reason}` };
const message = RuleTargetInput.fromObject({ version: '1.0', source: 'custom', content });
pipeline.onFailed('TellChat', { target: new SnsTopic(topic, { message }) });
