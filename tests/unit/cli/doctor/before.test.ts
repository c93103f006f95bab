import { describe, expect, it } from 'vitest';
import { examine } from '../../../../infra/cli/doctor/before/before.ts';
import type { MailIdentity } from '../../../../infra/cli/doctor/before/mail.ts';
import type { Account, Mails, Ports, Site } from '../../../../infra/cli/doctor/before/ports.ts';
import type { Target } from '../../../../infra/cli/doctor/before/target.ts';
import type { Finding } from '../../../../infra/cli/doctor/finding.ts';
import { SecretUnusableError } from '../../../../shared/errors.ts';
import { distributionOf } from '../../../helpers/found-distributions.ts';
import { attachment, school } from './targets.ts';

const ACCOUNT: Account = {
  caller: async () => ({ account: '111122223333', arn: 'arn:aws:iam::111122223333:user/owner' }),
  bootstrapVersion: async () => 21,
  stack: async () => undefined,
  resourcesOf: async () => new Set(),
  hasTable: async () => false,
  hasDashboard: async () => false,
  hasDistributions: async () => true,
  concurrency: async () => ({ total: 1000, unreserved: 1000 }),
};

const VERIFIED: MailIdentity = { isVerified: true, isSigning: false, tags: {} };

const MAILS: Mails = {
  account: async () => ({
    isInSandbox: false,
    maySend: true,
    enforcement: 'HEALTHY',
    quota: 200,
    sentInLastDay: 0,
  }),
  find: async name => (name.includes('@') ? VERIFIED : undefined),
  configurationSet: async () => 'sends',
};

/** A site whose bucket `my-site` all distributions show. */
const SITE: Site = {
  buckets: {
    region: async () => 'eu-west-1',
    find: async () => ({ kind: 'here' }),
    reading: async () => 'allowed',
  },
  notifications: {
    change: async (_, change) => void change({}),
    changeIfAny: async () => undefined,
  },
  bucketPolicy: async () => undefined,
  distributions: {
    find: async () =>
      distributionOf({
        origins: [{ ids: ['bucket'], domainName: 'my-site.s3.eu-west-1.amazonaws.com', path: '' }],
      }),
  },
  distribution: async () => ({
    domainName: 'd1.cloudfront.net',
    isEnabled: true,
    isDeployed: true,
  }),
  openEdge: async url => ({
    host: new URL(url).host,
    ask: async () => ({ kind: 'object', served: { headers: {}, lastModified: '' }, redirects: [] }),
  }),
};

interface Changes {
  readonly account?: Partial<Account>;
  readonly mails?: Partial<Mails>;
  readonly site?: Partial<Site>;
}

async function findingsAbout(target: Target, { account, mails, site }: Changes = {}): Promise<Finding[]> {
  const ports: Ports = {
    account: { ...ACCOUNT, ...account },
    mails: { ...MAILS, ...mails },
    site: { ...SITE, ...site },
  };
  const findings: Finding[] = [];
  for await (const finding of examine(target, ports)) findings.push(finding);
  return findings;
}

const notConfirmed = async (target: Target, changes: Changes = {}) =>
  (await findingsAbout(target, changes)).filter(({ verdict }) => verdict !== 'confirmed');

describe('The doctor before a deployment', () => {
  it.each([
    ['the attachment', attachment()],
    ["the school's stack", school({ siteBucketName: 'my-site', studentTableName: 'students' })],
  ])('confirms everything of %s where everything fits', async (_, target) => {
    const free = { buckets: { ...SITE.buckets, find: async () => ({ kind: 'missing' }) as const } };
    expect(await notConfirmed(target, target.site === undefined ? { site: free } : {})).toEqual([]);
  });

  it('ends with the credentials if nobody answers for them', async () => {
    const caller = async () => ({ refusal: 'ExpiredToken: It has expired' });
    expect(await findingsAbout(attachment(), { account: { caller } })).toMatchObject([
      { about: 'credentials', verdict: 'refuted' },
    ]);
  });

  it("takes names that the stack's own bucket, table and dashboard have", async () => {
    const target = school({ siteBucketName: 'my-site', studentTableName: 'students' });
    const taken = { hasTable: async () => true, hasDashboard: async () => true };
    const about = ['bucket name (siteBucketName)', 'table name (studentTableName)', 'dashboard name'];
    expect((await notConfirmed(target, { account: taken })).map(finding => finding.about)).toEqual(about);
    const resourcesOf = async () => new Set(['my-site', 'students', 'StudentSite-Dashboard-us-east-1']);
    expect(await notConfirmed(target, { account: { ...taken, resourcesOf } })).toEqual([]);
  });

  it('does not judge what lies in a bucket that is missing', async () => {
    const buckets = { ...SITE.buckets, find: async () => ({ kind: 'missing' }) as const };
    expect(await notConfirmed(attachment(), { site: { buckets } })).toMatchObject([
      { about: 'bucket', verdict: 'refuted', remedy: expect.stringContaining('aws s3 ls') },
      { about: "bucket's policy", verdict: 'untestable', evidence: 'the bucket my-site is not there' },
      { about: "bucket's notifications", verdict: 'untestable' },
    ]);
  });

  const TAKEN = {
    QueueConfigurations: [{ Id: 'all', QueueArn: 'arn:other', Events: ['s3:ObjectCreated:*'] }],
  };
  const taken: Partial<Site> = {
    notifications: { ...SITE.notifications, change: async (_, change) => void change(TAKEN) },
  };

  it('refutes notifications that leave no event to the deployment, and names the option that needs none', async () => {
    expect(await notConfirmed(attachment(), { site: taken })).toMatchObject([
      {
        about: "bucket's notifications",
        verdict: 'refuted',
        remedy: expect.stringContaining('-c events=eventbridge'),
      },
    ]);
  });

  it('lets any notification stay beside EventBridge', async () => {
    const findings = await findingsAbout(attachment({ events: 'eventbridge' }), { site: taken });
    expect(findings.find(({ about }) => about === "bucket's notifications")).toMatchObject({
      verdict: 'confirmed',
      evidence: '1 notification of my-site can stay beside EventBridge, which takes all events',
    });
  });

  it.each([
    ['denied', 'refuted', { ...SITE.buckets, find: async () => ({ kind: 'denied' }) as const }],
    [
      'in another region',
      'refuted',
      { ...SITE.buckets, find: async () => ({ kind: 'elsewhere', region: 'us-east-1' }) as const },
    ],
  ])('refutes a bucket that is %s', async (_, verdict, buckets) => {
    const [bucket] = await notConfirmed(attachment(), { site: { buckets } });
    expect(bucket).toMatchObject({ about: 'bucket', verdict });
  });

  it('says what it needs where these credentials may not read the objects', async () => {
    const buckets = { ...SITE.buckets, reading: async () => 'denied' as const };
    expect(await notConfirmed(attachment(), { site: { buckets } })).toEqual([
      {
        about: "bucket's policy",
        verdict: 'untestable',
        evidence: 'S3 denies reading objects of the bucket my-site. These credentials need s3:GetObject',
      },
    ]);
  });

  it('refutes a multi-tenant distribution as the deployment does', async () => {
    const distributions = { find: async () => distributionOf({ isMultiTenant: true }) };
    expect(await notConfirmed(attachment(), { site: { distributions } })).toMatchObject([
      {
        about: 'distribution E2EXAMPLE1ABCD',
        verdict: 'refuted',
        evidence: expect.stringContaining('is multi-tenant'),
        remedy: expect.stringContaining('-c distributionId=ID'),
      },
    ]);
  });

  it.each([
    [
      "the school's stack",
      school({ verificationHeaders: 'authorization=login' }),
      'secrets of verificationHeaders',
    ],
    [
      'the attachment',
      attachment({ verificationHeaders: 'authorization=login' }),
      'viewers of E2EXAMPLE1ABCD',
    ],
  ])('refutes a secret of %s that cannot be sent, with what to store', async (_, target, about) => {
    const openEdge = () =>
      Promise.reject(new SecretUnusableError('login', 'There is no such secret. Create it: aws x'));
    const free = { ...SITE.buckets, find: async () => ({ kind: 'missing' }) as const };
    const site = target.site === undefined ? { openEdge, buckets: free } : { openEdge };
    expect(await notConfirmed(target, { site })).toEqual([
      {
        about,
        verdict: 'refuted',
        evidence: 'The secret login of verificationHeaders cannot be used',
        remedy: 'There is no such secret. Create it: aws x',
      },
    ]);
  });

  it("finds the domain's identity, with its key and its configuration set, if the address has none", async () => {
    const domain = { ...VERIFIED, isSigning: true, configurationSet: 'tracked' };
    const find = async (name: string) => (name === 'school.example' ? domain : undefined);
    const findings = await findingsAbout(attachment(), { mails: { find } });
    const evidence = new Map(findings.map(finding => [finding.about, finding.evidence]));
    expect(evidence.get('sender of the mails')).toBe('SES sends from owner@school.example');
    expect(evidence.get('signature of the mails')).toBe('signed with the key of school.example (DKIM)');
    expect(evidence.get('configuration set of the mails')).toContain('tracked');
  });

  it('refutes a configuration set that is missing', async () => {
    const mails: Partial<Mails> = {
      find: async () => ({ ...VERIFIED, configurationSet: 'gone' }),
      configurationSet: async () => 'missing',
    };
    expect(await notConfirmed(attachment(), { mails })).toMatchObject([
      { about: 'configuration set of the mails', verdict: 'refuted' },
    ]);
  });

  it('asks SES nothing in a region that has none', async () => {
    const account = () => Promise.reject(new Error('There is no such host'));
    expect(await notConfirmed(attachment({ mailRegion: 'ap-east-1' }), { mails: { account } })).toMatchObject(
      [{ about: 'region of the mails', verdict: 'refuted' }],
    );
  });

  it('is not sure of an account without any distribution', async () => {
    const hasDistributions = async () => false;
    expect(await notConfirmed(school(), { account: { hasDistributions } })).toMatchObject([
      { about: 'new distribution', verdict: 'untestable' },
    ]);
  });
});
