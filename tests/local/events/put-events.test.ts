import { EventBridgeClient, ListRulesCommand, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AwsService } from '../../../infra/local/kernel/aws-api.ts';
import { startAwsEndpoint } from '../../../infra/local/kernel/aws-endpoint.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import { createEventsApi } from '../../../infra/local/services/events/put-events.ts';
import { actionOf } from '../../../infra/local/services.ts';
import { createEventBus } from '../../../shared/aws/event-bus.ts';
import { EVENT_SOURCE, EVENT_TYPE, refreshEnded } from '../../../shared/refresh/refresh-ended.ts';
import { clientFor } from '../../helpers/sdk-client.ts';
import { reportOf } from '../../unit/mail/reports.ts';
import { allow, permissionsOf, stackWith } from '../kernel/permissions/guarded.ts';

const BUS = 'arn:aws:events:us-east-1:000000000000:event-bus/default';
const ENDED = refreshEnded(reportOf(), 'Site/Freshness');

/** EventBridge beside a role that may send the ends of refreshes, and what it published. */
async function start(around: (service: AwsService) => AwsService = same => same) {
  const published: object[] = [];
  const conditions = { 'events:source': EVENT_SOURCE, 'events:detail-type': EVENT_TYPE };
  const permissions = permissionsOf(
    stackWith([allow('events:PutEvents', BUS, { Condition: { 'ForAnyValue:StringEquals': conditions } })]),
  );
  const api = permissions.guard(around(createEventsApi(event => void published.push(event))));
  const services = new Map([['events', api]]);
  const endpoint = await startAwsEndpoint({ port: 0, services, journal: createJournal(), actionOf });
  const clientAs = (accessKeyId: string) =>
    new EventBridgeClient({
      ...clientFor(endpoint.url),
      credentials: { accessKeyId, secretAccessKey: 'local' },
    });
  onTestFinished(endpoint.stop);
  return { published, client: clientAs('local'), worker: clientAs('worker-role') };
}

const ENTRY = { Source: 'mine', DetailType: 'Done', Detail: '{"a":[1]}' };

describe('PutEvents', () => {
  it('hands an event to the rules as EventBridge does, with the id that it answers', async () => {
    const { published, client } = await start();
    const Time = new Date('2026-11-02T10:00:12Z');
    const { FailedEntryCount, Entries = [] } = await client.send(
      new PutEventsCommand({ Entries: [{ ...ENTRY, Time, Resources: ['r'] }] }),
    );
    expect(FailedEntryCount).toBe(0);
    expect(published).toEqual([
      {
        version: '0',
        id: Entries[0]?.EventId,
        source: 'mine',
        'detail-type': 'Done',
        account: '000000000000',
        time: '2026-11-02T10:00:12Z',
        region: 'us-east-1',
        resources: ['r'],
        detail: { a: [1] },
      },
    ]);
  });

  it.each([
    [{ Source: undefined }, 'InvalidArgument'],
    [{ DetailType: '' }, 'InvalidArgument'],
    [{ Detail: undefined }, 'InvalidArgument'],
    [{ Detail: '{' }, 'MalformedDetail'],
    [{ Detail: '[]' }, 'MalformedDetail'],
    [{ Source: 'aws.s3' }, 'NotAuthorizedForSourceException'],
  ])('refuses an entry with %j alone, and takes the others', async (wrong, ErrorCode) => {
    const { published, client } = await start();
    const command = new PutEventsCommand({ Entries: [{ ...ENTRY, ...wrong }, ENTRY] });
    expect(await client.send(command)).toMatchObject({
      FailedEntryCount: 1,
      Entries: [{ ErrorCode, ErrorMessage: expect.any(String) }, { EventId: expect.any(String) }],
    });
    expect(published).toHaveLength(1);
  });

  it.each([
    ['without entries', []],
    ['of 11 entries', Array.from({ length: 11 }, () => ENTRY)],
    ['of more than 256 KB', [{ ...ENTRY, Detail: JSON.stringify({ a: 'ä'.repeat(128 * 1024) }) }]],
  ])('refuses a request %s', async (_, Entries) => {
    const { published, client } = await start();
    await expect(client.send(new PutEventsCommand({ Entries }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
    expect(published).toEqual([]);
  });

  it('is refused by name for another bus, and so is every other operation', async () => {
    const { client } = await start();
    const elsewhere = new PutEventsCommand({ Entries: [{ ...ENTRY, EventBusName: 'other' }] });
    await expect(client.send(elsewhere)).rejects.toThrow('does not emulate the event bus other');
    await expect(client.send(new ListRulesCommand({}))).rejects.toThrow('does not emulate the operation');
  });
});

describe('The bus of the pipeline', () => {
  it('gets the end of a refresh from a role that may send nothing else', async () => {
    const { published, worker } = await start();
    await createEventBus(worker).put(ENDED);
    expect(published).toMatchObject([
      { source: EVENT_SOURCE, 'detail-type': EVENT_TYPE, time: '2026-11-02T10:00:12Z', detail: ENDED },
    ]);
    for (const other of [{ Source: 'mine' }, { DetailType: 'Done' }]) {
      const entry = { Source: EVENT_SOURCE, DetailType: EVENT_TYPE, Detail: '{}', ...other };
      await expect(worker.send(new PutEventsCommand({ Entries: [entry] }))).rejects.toMatchObject({
        name: 'AccessDeniedException',
      });
    }
  });

  it('is not taken to have an event that it refused', async () => {
    const Entries = [{ ErrorCode: 'ThrottlingException', ErrorMessage: 'Rate exceeded' }];
    const { worker } = await start(() => async () => ({
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: JSON.stringify({ FailedEntryCount: 1, Entries }),
    }));
    await expect(createEventBus(worker).put(ENDED)).rejects.toMatchObject({
      name: 'EventRefused',
      message: expect.stringContaining('ThrottlingException: Rate exceeded'),
    });
  });
});
