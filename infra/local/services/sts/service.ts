import { operationOf } from '../../kernel/action-names.ts';
import { AwsError, answeringErrors, LOCAL_ACCOUNT } from '../../kernel/aws-api.ts';
import { queryResponse } from '../../kernel/query-protocol.ts';
import type { Service } from '../../kernel/service.ts';
import { xmlErrorResponse } from '../../kernel/xml.ts';

const NAMESPACE = 'https://sts.amazonaws.com/doc/2011-06-15/';

/** Says who calls. Roles need not be assumed here: the name of a role is its access key. */
export const sts: Service = {
  name: 'sts',
  types: {},
  // Nobody needs a permission to learn who they are: STS API reference, GetCallerIdentity.
  apis: { sts: { requirementsOf: () => [] } },
  parse: () => undefined,
  start: (_, { permissions }) => ({
    apis: {
      sts: answeringErrors(
        async request => {
          const action = operationOf(request);
          if (action !== 'GetCallerIdentity')
            throw new AwsError('InvalidAction', `The local STS does not emulate ${action}`);
          const { caller } = request;
          const role = permissions.policies.roles.get(caller);
          const Arn = role?.sessionArn ?? `arn:aws:iam::${LOCAL_ACCOUNT}:user/${caller}`;
          return queryResponse(action, { UserId: caller, Account: LOCAL_ACCOUNT, Arn }, NAMESPACE);
        },
        error => xmlErrorResponse(error, NAMESPACE),
      ),
    },
  }),
};
