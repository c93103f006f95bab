import { type AwsRequest, jsonRequest } from '../../kernel/aws-api.ts';

/**
 * A message from another AWS service.
 *
 * @param caller ARN of the resource for which that service sends it
 */
export function sendMessage(queueArn: string, body: string, caller: string): AwsRequest {
  const message = { QueueUrl: queueUrlOf(queueArn), MessageBody: body };
  return jsonRequest('sqs', 'AmazonSQS.SendMessage', message, caller);
}

/** SQS finds a queue by the path of its URL alone. */
function queueUrlOf(queueArn: string): string {
  const [account, name] = queueArn.split(':').slice(-2);
  return `http://sqs/${account}/${name}`;
}
