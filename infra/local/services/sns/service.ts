import { arnOf } from '../../kernel/arn.ts';
import { typesOnly } from '../../kernel/service.ts';
import { refOnly } from '../../template/resource.ts';

/** SNS sends nothing here. */
export const sns = typesOnly('sns', {
  'AWS::SNS::Topic': {
    identity: ({ named }) => refOnly(arnOf('sns', named('TopicName'))),
    emulated: [],
  },
  'AWS::SNS::TopicPolicy': {
    identity: ({ logicalId }) => refOnly(logicalId),
    emulated: [],
    accepted: ['PolicyDocument', 'Topics'],
  },
  'AWS::SNS::Subscription': {
    identity: ({ logicalId }) => refOnly(arnOf('sns', logicalId)),
    emulated: [],
    accepted: ['Endpoint', 'Protocol', 'TopicArn'],
  },
});
