import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { getAtt, resourceOf, resourcesOf, synthesised, textOf } from '../helpers/templates.ts';

const template = synthesised();
const BACKUP = resourceOf(template, 'AWS::Lambda::Function', 'RecordsBackup');

describe('The students’ records', () => {
  const whole = Template.fromJSON(template);

  it('outlive the stack, and can be restored to any second of the last weeks', () => {
    whole.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        KeySchema: [{ AttributeName: 'studentid', KeyType: 'HASH' }],
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    });
  });

  it('are backed up every night, by a rule that alone may start the function', () => {
    const rule = resourceOf(template, 'AWS::Events::Rule', 'Records');
    expect(rule.properties).toMatchObject({
      ScheduleExpression: 'cron(0 2 * * ? *)',
      State: 'ENABLED',
      Targets: [{ Arn: getAtt(BACKUP.id, 'Arn') }],
    });
    const permissions = resourcesOf(template, 'AWS::Lambda::Permission').filter(({ properties }) =>
      textOf(properties['FunctionName']).includes(BACKUP.id),
    );
    expect(permissions.map(({ properties }) => properties)).toMatchObject([
      { Principal: 'events.amazonaws.com', SourceArn: getAtt(rule.id, 'Arn') },
    ]);
  });

  it('have backups that are kept for 90 days, overwritten ones for 30, fragments for one', () => {
    whole.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        VersioningConfiguration: { Status: 'Enabled' },
        LifecycleConfiguration: {
          Rules: [
            {
              Status: 'Enabled',
              ExpirationInDays: 90,
              NoncurrentVersionExpiration: { NoncurrentDays: 30 },
              AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
            },
          ],
        },
      },
    });
  });
});
