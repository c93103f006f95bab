const logs = (...actions: string[]) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions.map(action => `logs:${action}`), Resource: '*' }],
});

/** The AWS managed policies that the template attaches. Source: AWS managed policy reference. */
const MANAGED_POLICIES: Readonly<Record<string, object>> = {
  'service-role/AWSLambdaBasicExecutionRole': logs('CreateLogGroup', 'CreateLogStream', 'PutLogEvents'),
  'service-role/AmazonAPIGatewayPushToCloudWatchLogs': logs(
    'CreateLogGroup',
    'CreateLogStream',
    'DescribeLogGroups',
    'DescribeLogStreams',
    'PutLogEvents',
    'GetLogEvents',
    'FilterLogEvents',
  ),
};

/** @throws Error naming a policy that is not written down here */
export function managedPolicy(arn: string): object {
  const policy = MANAGED_POLICIES[arn.replace('arn:aws:iam::aws:policy/', '')];
  if (policy === undefined) throw new Error(`The local cloud does not know the managed policy ${arn}`);
  return policy;
}
