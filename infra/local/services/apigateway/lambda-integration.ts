import { AwsError } from '../../kernel/aws-api.ts';
import type { InvocationResult } from '../lambda/function-definition.ts';
import type { Integration } from './definition.ts';
import { GatewayError } from './gateway-error.ts';
import type { ApiResponse } from './messages.ts';
import { proxyAnswer } from './proxy-answer.ts';

/**
 * Whether API Gateway may invoke a function, by the function's own policy.
 *
 * @param sourceArn of API, stage, method and resource
 */
export type MayInvoke = (functionArn: string, sourceArn: string) => boolean | Promise<boolean>;

export interface LambdaIntegrationOptions {
  /**
   * @param onStart to be called when the function has its process
   * @throws AwsError when Lambda refuses the call
   */
  readonly invokeFunction: (name: string, payload: string, onStart: () => void) => Promise<InvocationResult>;
  readonly mayInvoke: MayInvoke;
}

/** Lambda's limit for one synchronous event. */
const MAX_EVENT_BYTES = 6_291_456;

/**
 * Invokes the function that answers a request.
 *
 * @param event of the Lambda proxy integration, as JSON
 * @throws GatewayError if the function may not be called, fails, is late, or does not answer as it
 * must
 */
export async function invokeIntegration(
  { functionArn, timeoutMs }: Extract<Integration, { kind: 'lambda' }>,
  event: string,
  sourceArn: string,
  { invokeFunction, mayInvoke }: LambdaIntegrationOptions,
): Promise<ApiResponse> {
  if (!(await mayInvoke(functionArn, sourceArn))) throw new GatewayError('API_CONFIGURATION_ERROR');
  if (Buffer.byteLength(event) > MAX_EVENT_BYTES) throw new GatewayError('REQUEST_TOO_LARGE');
  const late = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const startTimer = () => {
    timer = setTimeout(() => late.reject(new GatewayError('INTEGRATION_TIMEOUT')), timeoutMs);
  };
  try {
    const result = await Promise.race([invokeFunction(functionArn, event, startTimer), late.promise]);
    if (result.functionError !== undefined) throw new GatewayError('INTEGRATION_FAILURE');
    return proxyAnswer(result.payload);
  } catch (cause) {
    throw cause instanceof AwsError ? new GatewayError('API_CONFIGURATION_ERROR', { cause }) : cause;
  } finally {
    clearTimeout(timer);
  }
}
