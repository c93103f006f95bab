import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from 'aws-lambda';
import { logger, observed } from '../observability.ts';
import { answerTo, type ResourceKind, ResourceRequest, type ResourceResponse } from './custom-resource.ts';

/** Time left for the answer. */
const RESERVE_MS = 5000;

/**
 * The Lambda behind a custom resource. It throws only if the answer cannot be sent: Lambda then
 * calls it again.
 */
export function resourceHandler(
  kind: ResourceKind,
  send: (responseUrl: string, answer: ResourceResponse) => Promise<void>,
) {
  return observed(async (event: unknown, context: Context): Promise<void> => {
    const request = ResourceRequest.parse(event);
    const timeUp = sleep(context.getRemainingTimeInMillis() - RESERVE_MS, undefined, { ref: false });
    const answer = await answerTo(request, kind, { timeUp, pause: sleep });
    const { RequestType, ResourceProperties } = request;
    logger.info('Answered', { RequestType, ResourceProperties, ...answer });
    await send(request.ResponseURL, answer);
  });
}
