import { arnOf } from '../../kernel/arn.ts';
import { typesOnly } from '../../kernel/service.ts';

/** CloudWatch Logs keeps nothing: the journal has what functions log. */
export const logs = typesOnly('logs', {
  'AWS::Logs::LogGroup': {
    identity: ({ named }) => {
      const name = named('LogGroupName');
      return { ref: name, attributes: { Arn: arnOf('logs', `log-group:${name}:*`) } };
    },
    emulated: ['LogGroupName'],
    accepted: ['RetentionInDays'],
  },
});
