import { expect, it } from 'vitest';
import type { AwsRequest, AwsResponse } from '../../../../infra/local/kernel/aws-api.ts';
import { createJournal } from '../../../../infra/local/kernel/journal.ts';
import { createEventRules } from '../../../../infra/local/services/events/event-rules.ts';
import type { Resource } from '../../../../infra/local/template/resource.ts';

const RULE_ARN = 'arn:aws:events:us-east-1:000000000000:rule/rule';
const QUEUE_ARN = 'arn:aws:sqs:us-east-1:000000000000:mail';
const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:report';

/** A rule for what has the colour red, and what it asked of AWS. */
function start(properties: object, answer: (request: AwsRequest) => AwsResponse = () => ({ status: 200 })) {
  const journal = createJournal();
  const asked: AwsRequest[] = [];
  const rule: Resource = {
    logicalId: 'Rule',
    type: 'AWS::Events::Rule',
    ref: 'rule',
    attributes: { Arn: RULE_ARN },
    properties: { EventPattern: { colour: ['red'] }, Targets: [{ Id: 'T', Arn: QUEUE_ARN }], ...properties },
  };
  const callAws = async (request: AwsRequest) => {
    asked.push(request);
    return answer(request);
  };
  const rules = createEventRules({ rules: [rule], callAws, journal });
  return { journal, asked, ...rules };
}

const bodyOf = (request: AwsRequest | undefined) => JSON.parse(String(request?.body));

it('A rule sends a matching event to its queue unchanged, in its own name', async () => {
  const { publish, asked } = start({});
  publish({ colour: 'red' });
  publish({ colour: 'blue' });
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({ service: 'sqs', caller: RULE_ARN });
  expect(bodyOf(asked[0])).toEqual({
    QueueUrl: 'http://sqs/000000000000/mail',
    MessageBody: '{"colour":"red"}',
  });
});

it('A disabled rule sends nothing', () => {
  const { publish, asked } = start({ State: 'DISABLED' });
  publish({ colour: 'red' });
  expect(asked).toEqual([]);
});

it('A rule invokes a function asynchronously, with the event transformed', () => {
  const InputTransformer = {
    InputPathsMap: {
      'detail-name': '$.detail.name',
      'detail-count': '$.detail.count',
      none: '$.detail.none',
    },
    InputTemplate: '{"id":<detail-name>,"many":[<detail-count>],"none":<none>,"why":"stopped"}',
  };
  const Targets = [{ Id: 'T', Arn: FUNCTION_ARN, InputTransformer }];
  const { publish, asked } = start({ Targets }, () => ({ status: 202 }));
  publish({ colour: 'red', detail: { name: 'a "quoted" name', count: 3 } });
  expect(asked[0]).toMatchObject({
    service: 'lambda',
    caller: RULE_ARN,
    url: `/2015-03-31/functions/${encodeURIComponent(FUNCTION_ARN)}/invocations`,
    headers: { 'x-amz-invocation-type': 'Event' },
  });
  expect(bodyOf(asked[0])).toEqual({ id: 'a "quoted" name', many: [3], none: '', why: 'stopped' });
});

it('A rule tries again if its target fails', async () => {
  const answers = [503, 429, 200];
  const delivered = Promise.withResolvers<void>();
  const { publish } = start({}, () => {
    const status = answers.shift() ?? 0;
    if (status === 200) delivered.resolve();
    return { status };
  });
  publish({ colour: 'red' });
  await delivered.promise;
  expect(answers).toEqual([]);
});

it('A rule drops an event that its target refuses, and reports it', async () => {
  const { publish, stop, journal } = start({}, () => ({ status: 403 }));
  publish({ colour: 'red' });
  // It waits for what is on its way.
  await stop();
  expect(journal.entries).toEqual([{ kind: 'undelivered', ruleName: 'rule' }]);
});

it('A rule puts an event that its target refuses into the dead-letter queue, as it came', async () => {
  const deadLetters = 'arn:aws:sqs:us-east-1:000000000000:dead-letters';
  const Targets = [{ Id: 'T', Arn: QUEUE_ARN, DeadLetterConfig: { Arn: deadLetters } }];
  const answers = [403, 503, 200];
  const { publish, asked, journal } = start({ Targets }, () => ({ status: answers.shift() ?? 0 }));
  await publish({ colour: 'red' });
  const message = { QueueUrl: 'http://sqs/000000000000/dead-letters', MessageBody: '{"colour":"red"}' };
  expect(asked.slice(1).map(bodyOf)).toEqual([message, message]);
  expect(asked[2]).toMatchObject({ caller: RULE_ARN });
  expect(journal.entries).toEqual([{ kind: 'undelivered', ruleName: 'rule' }]);
});

it('Who publishes an event may wait until its targets have it', async () => {
  const answers = [503, 200];
  const { publish } = start({}, () => ({ status: answers.shift() ?? 0 }));
  await publish({ colour: 'red' });
  expect(answers).toEqual([]);
});

it.each([
  [
    { Targets: [{ Id: 'T', Arn: 'arn:aws:sns:us-east-1:000000000000:topic' }] },
    'targets other than functions',
  ],
  [{ Targets: [{ Id: 'T', Arn: QUEUE_ARN, InputPath: '$.detail' }] }, 'InputPath'],
  [{ EventPattern: { source: [{ suffix: 'x' }] } }, 'only prefix'],
])('%j is refused by name', (properties, name) => expect(() => start(properties)).toThrow(name));
