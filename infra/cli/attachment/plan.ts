import { z } from 'zod';
import { counted, dollars } from '../terminal/words.ts';
import type { Attachment } from './assemble.ts';
import type { Checked, Place } from './deployment.ts';

/** What people call the resources worth naming. */
const NAMES: Readonly<Record<string, string>> = {
  'AWS::Lambda::Function': 'function',
  'AWS::SQS::Queue': 'queue',
  'AWS::DynamoDB::Table': 'table',
  'AWS::StepFunctions::StateMachine': 'state machine',
  'AWS::CloudWatch::Alarm': 'alarm',
  'AWS::CloudWatch::Dashboard': 'dashboard',
  'AWS::IAM::Role': 'role',
  'AWS::Events::Rule': 'rule',
  'AWS::SNS::Topic': 'topic',
};

/** List prices of us-east-1, and what is free in an account each month. */
const ALARM_USD = 0.1;
const FREE_ALARMS = 10;
const MILLION_REQUESTS_USD = 0.4;
const FREE_MILLIONS = 1;
/** Lambda polls a queue by five long polls of 20 seconds at a time. */
const MILLION_POLLS_A_QUEUE = 0.657;

const Template = z.object({ Resources: z.record(z.string(), z.object({ Type: z.string() })) });

/** What `attach` is going to make, and what that costs. */
export function describePlan(
  { template }: Pick<Attachment, 'template'>,
  { found, hasBucket }: Checked,
  { stackName, region, account }: Place,
  assetsBucket: string,
): string {
  const types = Object.values(Template.parse(JSON.parse(template)).Resources).map(({ Type }) => Type);
  const usd = dollars(Number(idleCostUsd(types).toFixed(2)));
  return [
    `${found === undefined ? 'Makes' : 'Updates'} the stack ${stackName} in ${region} of ${account}: ${describeResources(types)}.`,
    `${hasBucket ? 'Uses' : 'Makes'} the bucket ${assetsBucket} for the functions' code.`,
    `Costs ${usd} a month if nobody deploys, with AWS's free alarms and requests; more without them.`,
  ].join('\n');
}

/** `9 functions, 4 queues, … 41 smaller parts`. @param types of a template's resources */
function describeResources(types: readonly string[]): string {
  const count = (type: string) => types.filter(each => each === type).length;
  const named = Object.entries(NAMES).filter(([type]) => count(type) > 0);
  const rest = types.filter(type => NAMES[type] === undefined).length;
  return [...named.map(([type, name]) => counted(count(type), name)), counted(rest, 'smaller part')].join(
    ', ',
  );
}

/** What a month costs in US dollars if nobody deploys. @param types of a template's resources */
export function idleCostUsd(types: readonly string[]): number {
  const count = (type: string) => types.filter(each => each === type).length;
  const alarms = Math.max(0, count('AWS::CloudWatch::Alarm') - FREE_ALARMS) * ALARM_USD;
  const millions = count('AWS::Lambda::EventSourceMapping') * MILLION_POLLS_A_QUEUE - FREE_MILLIONS;
  return alarms + Math.max(0, millions) * MILLION_REQUESTS_USD;
}
