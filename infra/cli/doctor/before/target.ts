import { SITE_EVENTS } from '../../../../shared/deployment/agreed.ts';
import { toFilterValue } from '../../../../shared/deployment/filter-value.ts';
import {
  type AttachmentSettings,
  contextWith,
  type RefreshSettings,
  readAttachmentSettings,
  readSettings,
} from '../../../settings.ts';
import { LOCAL_ENDPOINT, type StackAddress } from '../../aws/stack.ts';

/** What is going to be deployed, as far as it can fail. */
export interface Target {
  readonly stackName: string;
  readonly region: string;
  /** Which of the two stacks `cdk deploy` is to deploy. */
  readonly stack: 'StudentSite' | 'AutoInvalidation';
  readonly mail: {
    readonly region: string;
    readonly sender: string;
    readonly recipients: readonly string[];
  };
  readonly maxCollectors: number;
  readonly verificationHeaders: RefreshSettings['verificationHeaders'];
  /** Names that settings choose. Those that no setting chooses CloudFormation makes up. */
  readonly buckets: readonly Named[];
  readonly tables: readonly Named[];
  readonly dashboard: string;
  /**
   * Whether `attach` deploys it, which needs no bootstrap and judges the stack itself.
   * @default false
   */
  readonly isByAttach?: boolean;
  /** The site that there is already. Absent: the stack makes its own. */
  readonly site?: ExistingSite;
  readonly commands: Commands;
}

/** The attachment. */
export type TargetWithSite = Target & { readonly site: ExistingSite };

export interface Named {
  /** Of a `-c` option. */
  readonly setting: string;
  readonly name: string;
}

export interface ExistingSite {
  readonly bucket: string;
  /** '' if there is none. */
  readonly bucketKeyArn: string;
  readonly distributions: readonly {
    readonly id: string;
    /** Where its viewers reach it. @default its own domain */
    readonly url?: string;
  }[];
  readonly verify: boolean;
  /** How the bucket's events come. */
  readonly events: RefreshSettings['events'];
  /** The notification that the deployment adds to the bucket's. */
  readonly notification: {
    readonly Owner: string;
    readonly Events: string[];
    readonly KeyPrefixes: string[];
  };
}

/** Writes commands as the user has to type them. */
export interface Commands {
  /** @param command such as `s3 ls` @param region @default the stack's */
  aws(command: string, region?: string): string;
  /** @param args such as `bootstrap` */
  cdk(args: string): string;
}

export interface TargetOptions {
  /** Values of `-c` options. */
  readonly context: Readonly<Record<string, string>>;
  readonly address: Omit<StackAddress, 'stack' | 'region'>;
}

/** The region of the school's stack: infra/app.ts. */
const SCHOOL_REGION = 'us-east-1';

/** @throws Error naming every context value that is wrong */
export function schoolOf({ context, address }: TargetOptions): Target {
  const settings = readSettings(contextWith(context));
  const [region, stackName] = [SCHOOL_REGION, 'StudentSite'];
  return {
    stack: 'StudentSite',
    stackName,
    region,
    mail: mailOf(settings, settings.mailRegion),
    maxCollectors: settings.maxCollectors,
    verificationHeaders: settings.verificationHeaders,
    buckets: named(settings, ['siteBucketName', 'logBucketName', 'backupBucketName']),
    tables: named(settings, ['studentTableName']),
    dashboard: dashboardOf(stackName, region),
    commands: commandsFor(region, address),
  };
}

/** @throws Error naming every context value that is missing or wrong */
export function attachmentOf({ context, address }: TargetOptions): Target {
  const settings = readAttachmentSettings(contextWith(context));
  const { stackName, region } = settings;
  return {
    stack: 'AutoInvalidation',
    stackName,
    region,
    mail: mailOf(settings, settings.mailRegion ?? region),
    maxCollectors: settings.maxCollectors,
    verificationHeaders: settings.verificationHeaders,
    buckets: [],
    tables: [],
    dashboard: dashboardOf(stackName, region),
    site: existingSiteOf(settings),
    commands: commandsFor(region, address),
  };
}

function existingSiteOf(settings: AttachmentSettings): ExistingSite {
  const { bucket, bucketKeyArn = '', distributionId, url, verify, events, stackName, keyPrefixes } = settings;
  return {
    bucket,
    bucketKeyArn,
    distributions: distributionId.map((id, index) => ({
      id,
      ...(url[index] === undefined || url[index] === '' ? {} : { url: url[index] }),
    })),
    verify,
    events,
    notification: {
      Owner: `${stackName}/Freshness`,
      Events: [...SITE_EVENTS],
      KeyPrefixes: keyPrefixes.map(toFilterValue),
    },
  };
}

function mailOf(
  { notifyEmail, mailFrom }: Pick<AttachmentSettings, 'notifyEmail' | 'mailFrom'>,
  region: string,
): Target['mail'] {
  return { region, sender: mailFrom ?? notifyEmail[0] ?? '', recipients: notifyEmail };
}

function named<Name extends string>(
  settings: Readonly<Partial<Record<Name, string | undefined>>>,
  names: readonly Name[],
): Named[] {
  return names.flatMap(setting => {
    const name = settings[setting];
    return name === undefined ? [] : [{ setting, name }];
  });
}

/** As infra/constructs/pipeline/refresh-dashboard.ts names it. */
const dashboardOf = (stackName: string, region: string) => `${stackName}-Dashboard-${region}`;

function commandsFor(
  stackRegion: string,
  { profile, local, endpoint = local ? LOCAL_ENDPOINT : undefined }: TargetOptions['address'],
): Commands {
  const as = profile === undefined ? '' : ` --profile ${profile}`;
  const where = endpoint === undefined ? '' : ` --endpoint-url ${endpoint}`;
  return {
    aws: (command, region = stackRegion) => `aws ${command} --region ${region}${as}${where}`,
    cdk: args => `npx cdk ${args}${as}`,
  };
}
