import { GetInvalidationCommand, ListInvalidationsCommand } from '@aws-sdk/client-cloudfront';
import { InvokeCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { DescribeExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, onTestFinished } from 'vitest';
import type { Unasked } from '../../shared/refresh/unasked.ts';
import { type Fault, type Faulty, faulty, type Target } from './faults.ts';
import type { Site, StoredHeaders } from './site.ts';

/** The key whose uploads these tests follow. */
export const PAGE = 'page.txt';

export type Ending = Awaited<ReturnType<typeof upload>>;

/** Puts a fault into the site's AWS until the end of the test. */
export function inject(site: Site, target: Target, fault: Fault, times?: number): Faulty {
  const injected = faulty(target, fault, times);
  onTestFinished(site.cloud.intercept(injected.interceptor));
  return injected;
}

/** Uploads new content and waits for what becomes of it: one refresh and one mail. */
export async function upload(site: Site, headers: StoredHeaders = {}) {
  await site.settled();
  const known = (await site.executions()).length;
  const mailed = site.mails().length;
  await site.put(PAGE, `content ${Math.random()}`, headers);
  await site.settled();
  const started = (await site.executions()).length - known;
  const [refresh, ...otherRefreshes] = await site.refreshes(started);
  const [mail, ...otherMails] = site.mails().slice(mailed);
  if (refresh === undefined || mail === undefined) throw new Error('There is no refresh or no mail of it');
  expect([otherRefreshes, otherMails]).toEqual([[], []]);
  const execution = await site.clients.stepFunctions.send(
    new DescribeExecutionCommand({ executionArn: executionArnOf(site, refresh.id) }),
  );
  return { refresh, mail, execution };
}

export function executionArnOf(site: Site, refreshId: string): string {
  return `${site.output('RefreshStateMachineArn').replace(':stateMachine:', ':execution:')}:${refreshId}`;
}

/**
 * Stops the execution of the refresh that opens next, as an operator may, while its state machine
 * has its first look.
 *
 * @returns the id of the refresh
 */
export async function stopNextExecution(site: Site): Promise<string> {
  const looked = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  const { interceptor } = faulty({ action: 'GetItem', caller: 'StateMachine' }, async (_, next) => {
    looked.resolve();
    await stopped.promise;
    return next();
  });
  const remove = site.cloud.intercept(interceptor);
  try {
    await looked.promise;
    const [open] = await site.refreshes(1);
    if (open === undefined) throw new Error('There is no refresh');
    const executionArn = executionArnOf(site, open.id);
    await site.clients.stepFunctions.send(new StopExecutionCommand({ executionArn }));
    return open.id;
  } finally {
    stopped.resolve();
    remove();
  }
}

/**
 * Reports of the refresh that is verified next that its edge could not be asked, before it is.
 *
 * @returns once it has ended so
 */
export async function reportNextAsUnasked(site: Site, unasked: Unasked): Promise<void> {
  const verifying = Promise.withResolvers<void>();
  const reported = Promise.withResolvers<void>();
  const { interceptor } = faulty({ action: 'UpdateItem', caller: 'Verify' }, async (_, next) => {
    verifying.resolve();
    await reported.promise;
    return next();
  });
  const remove = site.cloud.intercept(interceptor);
  try {
    await verifying.promise;
    const [refresh] = await site.refreshes(1);
    const { Functions = [] } = await site.clients.lambda.send(new ListFunctionsCommand({}));
    const FunctionName = Functions.find(each => each.FunctionName?.includes('Report'))?.FunctionName;
    const Payload = JSON.stringify({ refreshId: refresh?.id, unasked });
    await site.clients.lambda.send(new InvokeCommand({ FunctionName, Payload }));
  } finally {
    reported.resolve();
    remove();
  }
}

/** Of the invalidations that a refresh created. */
export async function callerReferences(site: Site, refreshId: string): Promise<string[]> {
  const { cloudFront } = site.clients;
  const DistributionId = site.output('DistributionId');
  const { InvalidationList } = await cloudFront.send(new ListInvalidationsCommand({ DistributionId }));
  const found = (InvalidationList?.Items ?? []).map(async ({ Id }) => {
    const { Invalidation } = await cloudFront.send(new GetInvalidationCommand({ DistributionId, Id }));
    return Invalidation?.InvalidationBatch?.CallerReference ?? '';
  });
  return (await Promise.all(found)).filter(reference => reference.startsWith(refreshId));
}

export async function expectFresh(site: Site, { refresh, mail, execution }: Ending): Promise<void> {
  expect(execution.status).toBe('SUCCEEDED');
  expect(refresh).toMatchObject({ state: 'fresh', verification: { result: { verified: 1, superseded: 0 } } });
  expect(mail.subject).toBe(`Fresh: ${PAGE}`);
  await site.expectEdgeEqualsBucket();
}

export function expectFailed({ refresh, mail, execution }: Ending, error: string): void {
  expect(execution).toMatchObject({ status: 'FAILED', error });
  expect(refresh.state).toBe('failed');
  expect(refresh.end?.failure).toContain(error);
  expect(mail.subject).toContain('FAILED');
  expect(mail.body.text).toContain(error);
}

/** Does what the alarm mail advises. */
export async function expectRecovery(site: Site): Promise<void> {
  await site.send({ paths: ['/*'] });
  await site.settled();
  expect((await site.refreshes(1))[0]?.state).toBe('fresh');
  await site.expectEdgeEqualsBucket();
}
