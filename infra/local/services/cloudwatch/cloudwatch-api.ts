import { cbor, dateToTag } from '@smithy/core/cbor';
import { z } from 'zod';
import { operationOf } from '../../kernel/action-names.ts';
import {
  AwsError,
  type AwsRequest,
  type AwsResponse,
  type AwsService,
  jsonErrorResponse,
  jsonResponse,
  LOCAL_ACCOUNT,
} from '../../kernel/aws-api.ts';
import { queryParameters, queryResponse } from '../../kernel/query-protocol.ts';
import { xmlErrorResponse } from '../../kernel/xml.ts';
import type { AlarmDefinition } from './alarm.ts';
import type { StateOfAlarm } from './state-change-event.ts';

const MOST_RECORDS = 100;

const DescribeAlarms = z.strictObject({
  AlarmNames: z.array(z.string()).optional(),
  AlarmNamePrefix: z.string().optional(),
  AlarmTypes: z.array(z.enum(['MetricAlarm'], 'There are metric alarms only')).optional(),
  StateValue: z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']).optional(),
  MaxRecords: z.coerce.number().int().min(1).max(MOST_RECORDS).default(MOST_RECORDS),
  NextToken: z.string().optional(),
});

/** JSON's values, and dates. */
type Value = string | number | boolean | null | Date | readonly Value[] | { readonly [name: string]: Value };

const GetDashboard = z.strictObject({ DashboardName: z.string().min(1) });

/** A dashboard of the template. */
export interface Dashboard {
  readonly name: string;
  /** JSON */
  readonly body: string;
}

export interface CloudWatchApiOptions {
  readonly alarms: readonly AlarmDefinition[];
  readonly stateOf: (alarm: AlarmDefinition) => StateOfAlarm;
  readonly dashboards: readonly Dashboard[];
}

/**
 * DescribeAlarms and GetDashboard, in each of the protocols that SDKs and the AWS CLI have spoken
 * with CloudWatch.
 */
export function createCloudWatchApi({ alarms, stateOf, dashboards }: CloudWatchApiOptions): AwsService {
  const createdAt = new Date();

  function getDashboard(input: unknown): Result {
    const { data, error } = GetDashboard.safeParse(input);
    if (error !== undefined) throw new AwsError('InvalidParameterInput', z.prettifyError(error));
    const found = dashboards.find(({ name }) => name === data.DashboardName);
    if (found === undefined)
      throw new AwsError('DashboardNotFoundError', `Dashboard ${data.DashboardName} does not exist`, 404);
    return {
      DashboardArn: `arn:aws:cloudwatch::${LOCAL_ACCOUNT}:dashboard/${found.name}`,
      DashboardBody: found.body,
      DashboardName: found.name,
    };
  }

  function describeAlarms(input: unknown): Result {
    const { data, error } = DescribeAlarms.safeParse(input);
    if (error !== undefined) throw new AwsError('ValidationError', z.prettifyError(error));
    const { AlarmNames, AlarmNamePrefix = '', StateValue, MaxRecords, NextToken } = data;
    const first = NextToken === undefined ? 0 : alarms.findIndex(({ name }) => name === NextToken);
    if (first < 0) throw new AwsError('InvalidNextToken', 'The token is not one of the last answer');
    const matching = alarms
      .slice(first)
      .filter(({ name }) => AlarmNames?.includes(name) ?? name.startsWith(AlarmNamePrefix))
      .filter(alarm => StateValue === undefined || stateOf(alarm).state === StateValue);
    const next = matching[MaxRecords]?.name;
    return {
      MetricAlarms: matching.slice(0, MaxRecords).map(alarm => describe(alarm, stateOf(alarm), createdAt)),
      CompositeAlarms: [],
      ...(next === undefined ? {} : { NextToken: next }),
    };
  }

  const actions: Readonly<Record<string, (input: unknown) => Result>> = {
    DescribeAlarms: describeAlarms,
    GetDashboard: getDashboard,
  };

  return async request => {
    const protocol = protocolOf(request);
    const name = operationOf(request);
    const action = actions[name];
    try {
      if (action === undefined) throw new AwsError('InvalidAction', `CloudWatch ${name} is not emulated`);
      return protocol.answer(action(protocol.read(request)), name);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      return protocol.refuse(error);
    }
  };
}

function describe(alarm: AlarmDefinition, { state, reason, since }: StateOfAlarm, createdAt: Date): Value {
  return {
    AlarmName: alarm.name,
    AlarmArn: alarm.arn,
    AlarmDescription: alarm.description,
    AlarmConfigurationUpdatedTimestamp: createdAt,
    ActionsEnabled: true,
    OKActions: alarm.actions.ok,
    AlarmActions: alarm.actions.alarm,
    InsufficientDataActions: [],
    StateValue: state,
    StateReason: reason,
    StateUpdatedTimestamp: new Date(since),
    StateTransitionedTimestamp: new Date(since),
    MetricName: alarm.metric.name,
    Namespace: alarm.metric.namespace,
    Statistic: alarm.statistic,
    Dimensions: Object.entries(alarm.metric.dimensions).map(([Name, Value]) => ({ Name, Value })),
    Period: alarm.periodMinutes * 60,
    EvaluationPeriods: alarm.evaluationPeriods,
    DatapointsToAlarm: alarm.datapointsToAlarm,
    Threshold: alarm.threshold,
    ComparisonOperator: alarm.comparison,
    TreatMissingData: alarm.treatMissingData,
  };
}

type Result = { readonly [name: string]: Value };

interface Protocol {
  readonly read: (request: AwsRequest) => unknown;
  readonly answer: (result: Result, action: string) => AwsResponse;
  readonly refuse: (error: AwsError) => AwsResponse;
}

function protocolOf({ headers }: AwsRequest): Protocol {
  if (headers['smithy-protocol'] === 'rpc-v2-cbor') return CBOR;
  return headers['x-amz-target'] === undefined ? QUERY : JSON_RPC;
}

const CBOR_HEADERS = { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' };

const CBOR: Protocol = {
  read: ({ body }) => (body.length === 0 ? {} : cbor.deserialize(body)),
  answer: result => ({ status: 200, headers: CBOR_HEADERS, body: encoded(result) }),
  refuse: ({ code, message, status }) => ({
    status,
    headers: { ...CBOR_HEADERS, 'x-amzn-query-error': `${queryCode(code)};Sender` },
    body: encoded({ __type: `com.amazonaws.cloudwatch#${code}`, message }),
  }),
};

function encoded(value: Value): Buffer {
  return Buffer.from(cbor.serialize(withDates(value, dateToTag)));
}

/** @param write how the protocol has a date */
function withDates(value: Value, write: (date: Date) => unknown): unknown {
  if (value instanceof Date) return write(value);
  if (isList(value)) return value.map(each => withDates(each, write));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, withDates(each, write)]));
}

const JSON_RPC: Protocol = {
  read: ({ body }) => JSON.parse(String(body)),
  answer: result => jsonResponse(withDates(result, date => date.getTime() / 1000)),
  refuse(error) {
    const { headers, ...answer } = jsonErrorResponse(error);
    return { ...answer, headers: { ...headers, 'x-amzn-query-error': `${queryCode(error.code)};Sender` } };
  },
};

/** What the Query protocol calls an error, which the header of other protocols repeats for SDKs. */
function queryCode(code: string): string {
  return QUERY_CODES[code] ?? code;
}

const QUERY_CODES: Readonly<Record<string, string>> = { DashboardNotFoundError: 'ResourceNotFound' };

const NAMESPACE = 'http://monitoring.amazonaws.com/doc/2010-08-01/';

const QUERY: Protocol = {
  read(request) {
    const fields: Record<string, string | string[]> = {};
    for (const [name, value] of queryParameters(request)) {
      const list = /^(\w+)\.member\.\d+$/.exec(name)?.[1];
      if (list !== undefined) fields[list] = [fields[list] ?? [], value].flat();
      else if (name !== 'Action' && name !== 'Version') fields[name] = value;
    }
    return fields;
  },
  answer: (result, action) => queryResponse(action, asQuery(result), NAMESPACE),
  refuse: ({ code, message, status }) =>
    xmlErrorResponse(new AwsError(queryCode(code), message, status), NAMESPACE),
};

/** Lists become elements `member`, dates strings. */
function asQuery(value: Result): object {
  const converted = (each: Value): unknown => {
    if (each instanceof Date) return each.toISOString();
    if (isList(each)) return { member: each.map(converted) };
    return each === null || typeof each !== 'object' ? each : asQuery(each);
  };
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, converted(each)]));
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}
