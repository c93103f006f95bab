import { describe, expect, it } from 'vitest';
import { synthesised } from '../helpers/templates.ts';
import { KEPT } from './kept-resources.ts';

/** What a resource holds that a deployment would lose with it, by type. */
const HELD: Readonly<Record<string, string>> = {
  'AWS::S3::Bucket': 'files',
  'AWS::DynamoDB::Table': 'records',
  'AWS::SQS::Queue': 'waiting messages and dead letters',
  'AWS::CloudFront::Distribution': 'its domain, which viewers know, and everything that edges keep',
  'AWS::ApiGateway::RestApi': 'its URL, which callers know',
  'AWS::ApiGateway::ApiKey': 'the key that callers have',
  'AWS::SecretsManager::Secret': 'the value of the key that callers have',
  'AWS::ApiGateway::UsagePlan': 'what callers have used of their quota',
  'AWS::StepFunctions::StateMachine': 'refreshes in progress and the history of executions',
  'AWS::Logs::LogGroup': 'logs',
  'Custom::MailSender': 'the verification of the sender',
  'AWS::SNS::Topic': 'subscriptions that were confirmed',
  'AWS::SNS::Subscription': 'the confirmation of an address',
};

describe.each(['StudentSite', 'AutoInvalidation'] as const)('An update of the stack %s', stackName => {
  const { Resources } = synthesised(stackName);
  const kept: Readonly<Record<string, string>> = KEPT[stackName];
  const holding = Object.entries(Resources).filter(([, { Type }]) => Type in HELD);

  it('keeps every resource that holds something, because its logical id stays', () => {
    const lost = Object.entries(kept)
      .filter(([id, type]) => Resources[id]?.Type !== type)
      .map(
        ([id, type]) => `${id} (${type}) has another logical id now: a deployment would lose ${HELD[type]}`,
      );
    expect(lost).toEqual([]);
  });

  it('has all of them in its list', () => {
    const unlisted = holding.filter(([id, { Type }]) => kept[id] !== Type);
    expect(
      unlisted.map(([id, { Type }]) => `${id} (${Type}) is new: add it to tests/template/kept-resources.ts`),
    ).toEqual([]);
  });
});
