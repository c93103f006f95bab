import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type ApiTraits, fieldsOf, type Requirement } from '../../kernel/api-traits.ts';
import { arnOf } from '../../kernel/arn.ts';
import {
  AwsError,
  type AwsRequest,
  type AwsService,
  answeringErrors,
  jsonErrorResponse,
  jsonResponse,
} from '../../kernel/aws-api.ts';
import { jsonRefusal } from '../../kernel/permissions/refusal.ts';
import { serviceEvent } from './service-event.ts';

/** The one bus that is emulated. */
const DEFAULT_BUS = arnOf('events', 'event-bus/default');

/** Quotas of the API reference, PutEvents: entries of a request, and their bytes. */
const MAX_ENTRIES = 10;
const MAX_BYTES = 256 * 1024;

const Entry = z.object({
  Source: z.string().optional(),
  DetailType: z.string().optional(),
  Detail: z.string().optional(),
  Resources: z.array(z.string()).default([]),
  /** Seconds since the epoch. */
  Time: z.number().optional(),
  EventBusName: z.string().default('default'),
});
type Entry = z.infer<typeof Entry>;

const Entries = z.array(Entry);

/** Condition keys by which a policy limits what its caller may send. */
export const EVENT_CONDITION_KEYS = ['events:source', 'events:detail-type'];

export const eventsApi: ApiTraits = {
  requirementsOf({ body }, action) {
    const { success, data } = Entries.safeParse(fieldsOf<{ Entries: unknown }>(body).Entries);
    return success && action === 'PutEvents' ? data.map(requirementOf) : undefined;
  },
  refuse: denial => jsonRefusal(denial, '1.1', 400),
};

function requirementOf({ Source = '', DetailType = '' }: Entry): Requirement {
  const context = { 'events:source': [Source], 'events:detail-type': [DetailType] };
  return { action: 'events:PutEvents', resource: DEFAULT_BUS, context };
}

/**
 * PutEvents, to the default bus. Each entry is taken or refused for itself.
 *
 * @param publish hands an event to every rule that matches
 */
export function createEventsApi(publish: (event: object) => void): AwsService {
  return answeringErrors(
    async request => jsonResponse(putEvents(request, publish), '1.1'),
    error => jsonErrorResponse(error, '1.1'),
  );
}

function putEvents(request: AwsRequest, publish: (event: object) => void): object {
  const operation = String(request.headers['x-amz-target']).split('.').at(-1);
  if (operation !== 'PutEvents') throw notEmulated(`the operation ${operation}`);
  const { success, data: entries } = Entries.safeParse(fieldsOf<{ Entries: unknown }>(request.body).Entries);
  if (!success || entries.length === 0 || entries.length > MAX_ENTRIES)
    throw new AwsError('ValidationException', `Entries must be 1 to ${MAX_ENTRIES} events`);
  if (entries.reduce((bytes, entry) => bytes + bytesOf(entry), 0) > MAX_BYTES)
    throw new AwsError('ValidationException', 'Total size of the entries in the request is over the limit.');
  const results = entries.map(entry => refusalOf(entry) ?? take(entry, publish));
  return { FailedEntryCount: results.filter(result => 'ErrorCode' in result).length, Entries: results };
}

/** As EventBridge counts them: user guide, "Calculating PutEvents event entry size". */
function bytesOf({ Source = '', DetailType = '', Detail = '', Resources, Time }: Entry): number {
  const texts = [Source, DetailType, Detail, ...Resources];
  return texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0) + (Time === undefined ? 0 : 14);
}

interface Refusal {
  readonly ErrorCode: string;
  readonly ErrorMessage: string;
}

function refusalOf({ Source, DetailType, Detail, EventBusName }: Entry): Refusal | undefined {
  if (EventBusName !== 'default' && EventBusName !== DEFAULT_BUS)
    throw notEmulated(`the event bus ${EventBusName}`);
  for (const [name, value] of Object.entries({ Source, DetailType, Detail }))
    if (value === undefined || value === '')
      return {
        ErrorCode: 'InvalidArgument',
        ErrorMessage: `Parameter ${name} is not valid. Reason: ${name} is a required argument.`,
      };
  if (Source?.startsWith('aws.'))
    return {
      ErrorCode: 'NotAuthorizedForSourceException',
      ErrorMessage: 'Not authorized for the source.',
    };
  if (detailOf(Detail) === undefined)
    return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
  return undefined;
}

function detailOf(text = ''): object | undefined {
  try {
    return z.record(z.string(), z.unknown()).safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function take(
  { Source = '', DetailType = '', Detail, Resources, Time = Date.now() / 1000 }: Entry,
  publish: (event: object) => void,
): { readonly EventId: string } {
  const EventId = randomUUID();
  const kind = { source: Source, 'detail-type': DetailType, resources: Resources };
  publish({ ...serviceEvent({ ...kind, detail: detailOf(Detail) ?? {} }, Time * 1000), id: EventId });
  return { EventId };
}

function notEmulated(what: string): AwsError {
  return new AwsError('NotImplemented', `The local EventBridge does not emulate ${what}`, 501);
}
