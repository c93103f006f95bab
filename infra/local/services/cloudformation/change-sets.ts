import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { arnOf } from '../../kernel/arn.ts';
import { AwsError, type AwsService } from '../../kernel/aws-api.ts';
import { listIn } from '../../kernel/query-protocol.ts';
import { readObject } from './assets.ts';
import type { StackOperations } from './stack-operations.ts';
import type { ChangeSet, StackRecord, StackRecords, Wanted } from './stack-records.ts';

export interface ChangeSetsOptions {
  readonly records: StackRecords;
  readonly operations: StackOperations;
  readonly callAws: AwsService;
  /** Whether the local cloud was started with a stack of this name or id. */
  isGiven(name: string): boolean;
}

type Action = (parameters: URLSearchParams) => object | undefined | Promise<object | undefined>;

/** What a change set without changes says: `aws cloudformation deploy` looks for these words. */
const WITHOUT_CHANGES =
  "The submitted information didn't contain changes. Submit different information to create a change set.";

const Template = z.object({
  Resources: z.record(z.string(), z.object({ Type: z.string() })),
  Parameters: z.record(z.string(), z.object({ Default: z.coerce.string().optional() })).default({}),
});

/** The states in which a stack takes a change set that updates it. */
const UPDATABLE = ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE'];

/** The actions about change sets, and those of stacks that go with them. */
export function changeSetActions(options: ChangeSetsOptions): Readonly<Record<string, Action>> {
  const { records, operations, isGiven } = options;

  const stackOf = (parameters: URLSearchParams): StackRecord => {
    const name = parameters.get('StackName') ?? '';
    const record = records.find(name);
    if (record !== undefined) return record;
    throw new AwsError('ValidationError', `Stack [${name}] does not exist`);
  };
  const found = (parameters: URLSearchParams) => {
    const name = parameters.get('ChangeSetName') ?? '';
    const of = records
      .all()
      .find(({ changeSets }) => changeSets.some(({ id }) => id === name) && !parameters.has('StackName'));
    const record = of ?? stackOf(parameters);
    const changeSet = record.changeSets.find(each => each.name === name || each.id === name);
    if (changeSet !== undefined) return { record, changeSet };
    throw new AwsError('ChangeSetNotFound', `ChangeSet [${name}] does not exist`, 404);
  };

  return {
    ...otherActions(options),
    async CreateChangeSet(parameters) {
      const name = parameters.get('StackName') ?? '';
      if (isGiven(name))
        throw new AwsError(
          'ValidationError',
          `${name} was given at the start of the local cloud, and is not changed`,
        );
      const wanted = await wantedBy(parameters, options.callAws);
      const type = parameters.get('ChangeSetType') === 'CREATE' ? 'CREATE' : 'UPDATE';
      const record = type === 'CREATE' ? openFor(name, records) : updatable(stackOf(parameters));
      const changeSet = made(parameters.get('ChangeSetName') ?? '', type, wanted, record);
      records.change(record.id, { changeSets: [...record.changeSets, changeSet] });
      return { Id: changeSet.id, StackId: record.id };
    },
    DescribeChangeSet: parameters => describe(found(parameters)),
    DeleteChangeSet(parameters) {
      const name = parameters.get('ChangeSetName');
      const { id, changeSets } = stackOf(parameters);
      // To delete what is not there succeeds.
      records.change(id, { changeSets: changeSets.filter(each => each.name !== name && each.id !== name) });
      return {};
    },
    ExecuteChangeSet(parameters) {
      const { record, changeSet } = found(parameters);
      if (
        changeSet.failure !== undefined ||
        (record.status.endsWith('_IN_PROGRESS') && record.status !== 'REVIEW_IN_PROGRESS')
      )
        throw new AwsError(
          'InvalidChangeSetStatus',
          `ChangeSet [${changeSet.id}] cannot be executed in its current status of [${changeSet.failure === undefined ? 'CREATE_COMPLETE' : 'FAILED'}]`,
        );
      operations.deploy(records.change(record.id, { changeSets: [] }), changeSet.wanted);
      return {};
    },
  };
}

/** The actions about stacks and templates that change sets do without. */
function otherActions({
  records,
  operations,
  isGiven,
  callAws,
}: ChangeSetsOptions): Readonly<Record<string, Action>> {
  return {
    DeleteStack(parameters) {
      const name = parameters.get('StackName') ?? '';
      if (isGiven(name))
        throw new AwsError(
          'ValidationError',
          `${name} was given at the start of the local cloud, and is not removed`,
        );
      const record = records.find(name);
      // To remove what is not there succeeds.
      if (record !== undefined && !/^DELETE_(COMPLETE|IN_PROGRESS)$/.test(record.status))
        operations.remove(record);
      return undefined;
    },
    GetTemplateSummary: async parameters => {
      const { template } = await wantedBy(parameters, callAws);
      const { Resources, Parameters } = Template.parse(JSON.parse(template));
      return {
        Parameters: { member: Object.keys(Parameters).map(ParameterKey => ({ ParameterKey })) },
        ResourceTypes: { member: [...new Set(Object.values(Resources).map(({ Type }) => Type))] },
      };
    },
  };
}

function openFor(name: string, records: StackRecords): StackRecord {
  const known = records.find(name);
  if (known === undefined) return records.open(name);
  if (known.status === 'REVIEW_IN_PROGRESS') return known;
  throw new AwsError(
    'ValidationError',
    `Stack [${name}] already exists and cannot be created again with the changeSet [${name}].`,
  );
}

function updatable(record: StackRecord): StackRecord {
  if (UPDATABLE.includes(record.status)) return record;
  throw new AwsError(
    'ValidationError',
    `Stack:${record.id} is in ${record.status} state and can not be updated.`,
  );
}

function made(name: string, type: ChangeSet['type'], wanted: Wanted, record: StackRecord): ChangeSet {
  if (record.changeSets.some(each => each.name === name))
    throw new AwsError('AlreadyExistsException', `ChangeSet ${name} already exists.`);
  const { assets: _, ...deployed } = record.content ?? {};
  return {
    name,
    id: arnOf('cloudformation', `changeSet/${name}/${randomUUID()}`),
    createdAt: new Date().toISOString(),
    type,
    wanted,
    ...(isDeepStrictEqual(deployed, wanted) ? { failure: WITHOUT_CHANGES } : {}),
  };
}

function describe({ record, changeSet }: { readonly record: StackRecord; readonly changeSet: ChangeSet }) {
  const { name, id, createdAt, failure, wanted } = changeSet;
  return {
    ChangeSetName: name,
    ChangeSetId: id,
    StackId: record.id,
    StackName: record.name,
    CreationTime: createdAt,
    ...(failure === undefined
      ? { ExecutionStatus: 'AVAILABLE', Status: 'CREATE_COMPLETE' }
      : { ExecutionStatus: 'UNAVAILABLE', Status: 'FAILED', StatusReason: failure }),
    Parameters: { member: membersOf(wanted.parameters) },
    Tags: { member: wanted.tags },
  };
}

/** As CloudFormation writes parameters. */
export const membersOf = (parameters: Readonly<Record<string, string>>) =>
  Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));

async function wantedBy(parameters: URLSearchParams, callAws: AwsService): Promise<Wanted> {
  const template =
    parameters.get('TemplateBody') ?? (await templateAt(parameters.get('TemplateURL') ?? '', callAws));
  const given = listIn(parameters, 'Parameters.member').map(({ ParameterKey = '', ParameterValue = '' }) => [
    ParameterKey,
    ParameterValue,
  ]);
  return {
    template: checkedTemplate(template),
    parameters: Object.fromEntries(given),
    tags: listIn(parameters, 'Tags.member').map(({ Key = '', Value = '' }) => ({ Key, Value })),
  };
}

function checkedTemplate(text: string): string {
  try {
    Template.parse(JSON.parse(text));
    return text;
  } catch (error) {
    throw new AwsError(
      'ValidationError',
      `Template format error: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** The bucket and the key are in the URL of every style: in its host, or first in its path. */
async function templateAt(address: string, callAws: AwsService): Promise<string> {
  if (!URL.canParse(address)) throw new AwsError('ValidationError', 'TemplateURL must be a supported URL.');
  const { hostname, pathname } = new URL(address);
  const path = decodeURIComponent(pathname.slice(1));
  const [, inHost] = /^(.+?)\.s3[.-]/.exec(hostname) ?? [];
  const [first = '', ...rest] = path.split('/');
  const location =
    inHost === undefined ? { bucket: first, key: rest.join('/') } : { bucket: inHost, key: path };
  return (await readObject(callAws, location)).toString();
}
