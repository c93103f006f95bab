import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { PutEmailIdentityConfigurationSetAttributesCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Stack } from '../../infra/cli/aws/stack.ts';
import { api } from '../../infra/cli/doctor/proof/probes/api.ts';
import { burst } from '../../infra/cli/doctor/proof/probes/burst.ts';
import { lifeOfAFile } from '../../infra/cli/doctor/proof/probes/life-of-a-file.ts';
import { mail } from '../../infra/cli/doctor/proof/probes/mail.ts';
import { manyPaths } from '../../infra/cli/doctor/proof/probes/many-paths.ts';
import { otherRegion } from '../../infra/cli/doctor/proof/probes/other-region.ts';
import { pathSemantics } from '../../infra/cli/doctor/proof/probes/path-semantics.ts';
import { runProbes } from '../../infra/cli/doctor/proof/prove.ts';
import type { Probe } from '../../infra/cli/doctor/proof/trial.ts';
import { main } from '../../infra/cli/main.ts';
import { AwsError, jsonErrorResponse, jsonResponse } from '../../infra/local/kernel/aws-api.ts';
import type { Interceptor } from '../../infra/local/kernel/aws-endpoint.ts';
import type { LocalCloud } from '../../infra/local/local-cloud.ts';
import { s3Error } from '../../infra/local/services/s3/s3-xml.ts';
import { EXISTING } from '../fixtures/existing-names.ts';
import { synthesiseExistingSite } from '../fixtures/existing-site.ts';
import { type Fault, faulty, refused } from '../helpers/faults.ts';
import {
  ABOUT,
  ALL_OF_IT,
  all,
  answering,
  burstsInOneRefresh,
  claiming,
  DOCTOR,
  failing,
  findingAbout,
  oneUpload,
  rewritten,
  sentOtherwise,
  stackOf,
  switchableEdge,
  verdictsOf,
} from '../helpers/proof.ts';
import { runCommand } from '../helpers/run-command.ts';
import { clientFor } from '../helpers/sdk-client.ts';
import { type Site, startSite } from '../helpers/site.ts';
import { startSuccessiveCloud } from '../helpers/successive-clouds.ts';

const PACE = { timeScale: 0.002, invalidationDelayMs: 0 };

const edge = switchableEdge();
let site: Site;

beforeAll(async () => {
  site = await startSite({ ...PACE, ...edge.options, pointsOfPresence: ['FRA56-P1'] });
  site.cloud.intercept(burstsInOneRefresh(site));
  await site.put('index.html', '<p>Home</p>', { ContentType: 'text/html', CacheControl: 'max-age=60' });
  const ses = new SESv2Client(clientFor(site.cloud.endpoint));
  const set = { EmailIdentity: site.output('MailFrom'), ConfigurationSetName: 'opened' };
  await ses.send(new PutEmailIdentityConfigurationSetAttributesCommand(set));
  await site.settled();
});
afterEach(() => edge.set({}));
afterAll(() => site.stop());

function during(...interceptors: readonly Interceptor[]): void {
  for (const interceptor of interceptors) onTestFinished(site.cloud.intercept(interceptor));
}

/** Keys of the doctor's files that are still in the bucket. */
async function leftovers(): Promise<string[]> {
  const command = new ListObjectsV2Command({ Bucket: site.output('SiteBucketName'), Prefix: 'doctor-' });
  const { Contents = [] } = await site.clients.s3.send(command);
  return Contents.flatMap(({ Key = [] }) => Key);
}

describe('npm run doctor', () => {
  const args = () => ['doctor', '--stack', 'StudentSite', '--local', '--endpoint', site.cloud.endpoint];

  it('confirms all that a machine without AWS can show, and leaves nothing behind', async () => {
    const run = await runCommand(main, [...args(), '--many-paths', '--json']);
    expect(await verdictsOf(JSON.parse(run.printed))).toEqual(ALL_OF_IT);
    expect(run.exitCode).toBe(0);
    expect(run.complaint).toContain('invalidation paths');
    expect(await leftovers()).toEqual([]);
  });

  it('removes its files when it is stopped by Ctrl-C', async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../../infra/cli/main.ts'), ...args()]);
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = once(child, 'close');
    const printed = text(child.stdout);
    await expect.poll(leftovers).not.toEqual([]);
    child.kill('SIGINT');
    expect(await ended).toEqual([1, null]);
    expect(await printed).toContain('✓ The doctor’s files are removed again');
    expect(await leftovers()).toEqual([]);
  });
});

describe('The proof', () => {
  it('says so if it may not write into the bucket, and has then nothing to remove', async () => {
    during(failing('PutObject', async () => s3Error(403, 'AccessDenied', 'Denied by a test')));
    const findings = await all(runProbes([oneUpload], stackOf(site.cloud)));
    expect(findings.slice(1)).toEqual([
      {
        about: oneUpload.name,
        verdict: 'untestable',
        evidence: 'AccessDenied: Denied by a test',
        remedy: expect.stringContaining('permissions'),
      },
      expect.objectContaining({ about: ABOUT.removed, verdict: 'confirmed' }),
    ]);
  });

  it('asks nothing of an edge that does not let it in, and says what would', async () => {
    edge.set({ blocks: () => true });
    const findings = await all(runProbes([lifeOfAFile], stackOf(site.cloud)));
    expect(findings[0]).toMatchObject({ about: ABOUT.edge, verdict: 'untestable' });
    expect(findings[0]?.remedy).toContain('verificationHeaders');
    expect(findings[1]).toMatchObject({ about: lifeOfAFile.name, verdict: 'untestable' });
  });
});

describe('The proof of a stack attached to a site', () => {
  const existing = mkdtempSync(join(tmpdir(), 'existing-site-'));
  const ownEdge = switchableEdge();
  let cloud: LocalCloud;
  let attached: Stack;
  beforeAll(async () => {
    synthesiseExistingSite(existing);
    cloud = await startSuccessiveCloud({
      ...PACE,
      ...ownEdge.options,
      assemblyDirectory: existing,
      stackName: EXISTING.stackName,
      moreStacks: [{ stackName: 'AutoInvalidation' }],
      alarms: false,
      keepsHeadApart: true,
    });
    attached = stackOf(cloud, 'AutoInvalidation');
  });
  afterAll(async () => {
    await cloud.stop();
    await rm(existing, { recursive: true });
  });

  it('keeps to the folders that the stack watches, and says what the site does not have', async () => {
    const findings = await all(runProbes([lifeOfAFile, pathSemantics, api], attached));
    const { life, paths, inside, variants, removed } = ABOUT;
    expect(await verdictsOf(findings)).toEqual({
      confirmed: [ABOUT.edge, ...Object.values(life), ...paths, inside, variants, removed],
      refuted: [ABOUT.methods],
      untestable: [ABOUT.forms, ABOUT.routes, 'the API'],
    });
    expect(findings.at(-1)?.evidence).toMatch(/ below site\/doctor-[0-9a-f]{8}\/;/);
  });

  it('refutes a purge that misses variants by query string', async () => {
    ownEdge.set({ survivesPurge: (_, address) => address.includes('v=1') });
    expect(await findingAbout(ABOUT.variants, pathSemantics, attached)).toMatchObject({ verdict: 'refuted' });
  });
});

describe('The proof refutes', () => {
  const refutedBy = async (probe: Probe) =>
    (await verdictsOf(runProbes([probe], stackOf(site.cloud)))).refuted;

  it('an edge that answers nobody', async () => {
    edge.set({ alters: answer => ({ ...answer, status: 503 }) });
    expect(await verdictsOf(runProbes([api], stackOf(site.cloud)))).toEqual({
      confirmed: [ABOUT.removed],
      refuted: [ABOUT.edge],
      untestable: [api.name],
    });
  });

  it('a new file that the edge does not show', async () => {
    edge.set({ alters: answering('page.txt', () => ({ status: 404 })) });
    expect(await findingAbout(ABOUT.life.shown, lifeOfAFile, stackOf(site.cloud))).toMatchObject({
      verdict: 'refuted',
      evidence: expect.stringContaining('shows nothing'),
    });
  });

  it('an edge that keeps nothing, at which no purge can be proved', async () => {
    edge.set({ alters: answering('page.txt', claiming('Miss')) });
    const { refuted, untestable } = await verdictsOf(runProbes([lifeOfAFile], stackOf(site.cloud)));
    expect({ refuted, untestable }).toEqual({ refuted: [ABOUT.life.kept], untestable: [ABOUT.life.purged] });
  });

  it('a purge that misses a variant which verification does not ask for, and an invalidation that never completes', async () => {
    edge.set({ survivesPurge: ({ encodings }) => encodings === 'gzip' });
    during(rewritten('GetInvalidation', 'Completed', 'InProgress'));
    expect(await refutedBy(lifeOfAFile)).toEqual([ABOUT.life.purged, ABOUT.life.history, ABOUT.life.gone]);
  });

  it('an invalidation that is sent twice, and an upload of the same bytes that costs a path', async () => {
    const noRecords: Fault = async () => jsonResponse({ Responses: {}, UnprocessedKeys: {} });
    during(
      sentOtherwise(site.cloud, {
        action: 'CreateInvalidation',
        caller: 'Invalidate',
        from: '-1</CallerReference>',
        to: '-901</CallerReference>',
        also: true,
      }),
      faulty({ action: 'BatchGetItem', caller: 'Invalidate' }, noRecords).interceptor,
    );
    expect(await refutedBy(lifeOfAFile)).toEqual([ABOUT.life.once, ABOUT.life.free]);
  });

  it('a burst that takes three invalidations, and purges that miss files', async () => {
    const again = { action: 'CreateInvalidation', caller: 'Invalidate', also: true };
    const numbered = (number: number) => `-${number}</CallerReference>`;
    during(
      sentOtherwise(site.cloud, { ...again, from: numbered(1), to: numbered(901) }),
      sentOtherwise(site.cloud, { ...again, from: numbered(901), to: numbered(902) }),
    );
    edge.set({ survivesPurge: (_, address) => /~|file-3\./.test(address) });
    expect(await refutedBy(burst)).toEqual([...ABOUT.burst, ABOUT.removed]);
  });

  it('paths that purge too little or too much, and variants that share entries otherwise', async () => {
    edge.set({
      survivesPurge: (_, address) => address === '/' || /caf|a b|safe|star|tilde/.test(address),
      alters: (answer, request) => {
        const isStored = request.url.includes('caf') && request.headers['accept-encoding'] === 'identity';
        if (isStored) return { ...answer, ...claiming('Hit')(answer) };
        const isOther = request.method === 'HEAD' || request.url.includes('?doctor');
        return isOther ? { ...answer, ...claiming('Miss')(answer) } : answer;
      },
    });
    const create = { action: 'CreateInvalidation', caller: DOCTOR };
    during(
      sentOtherwise(site.cloud, { ...create, from: 'paths/star*</Path>', to: 'paths/*</Path>' }),
      sentOtherwise(site.cloud, { ...create, from: 'in*side.txt</Path>', to: 'in*</Path>' }),
    );
    expect(await refutedBy(pathSemantics)).toEqual([
      ...ABOUT.paths,
      ABOUT.root,
      ABOUT.forms,
      ABOUT.methods,
      ABOUT.inside,
      ABOUT.query,
      ABOUT.removed,
    ]);
  });

  it('an API that tells something else, fails, and is kept by the edge', async () => {
    const tellsAnother = answering('/api/refreshes/', ({ body }) => ({
      body: Buffer.from(body.toString().replace(/"pathCount":\d+/, '"pathCount":77')),
    }));
    const fails = answering('/api/students/', () => ({ status: 500 }));
    const isKept = answering('/api/', claiming('Hit'));
    edge.set({
      alters: (answer, request) =>
        [tellsAnother, fails, isKept].reduce((last, alter) => alter(last, request), answer),
    });
    expect(await refutedBy(api)).toEqual(ABOUT.api);
  });

  it('a CloudFront that answers regions differently, and names errors otherwise', async () => {
    let calls = 0;
    during(
      failing('GetInvalidation', async (call, next) => {
        calls++;
        if (calls === 3) return refused('InvalidArgument', 400)(call, next);
        const answer = await next();
        return calls === 2
          ? { ...answer, body: String(answer.body).replace('Completed', 'InProgress') }
          : answer;
      }),
    );
    expect(await refutedBy(otherRegion)).toEqual(ABOUT.regions);
  });

  it('a GetInvalidation that leaves out a path', async () => {
    during(rewritten('GetInvalidation', /<Path>[^<]*0007\.txt<\/Path>/, ''));
    expect(await refutedBy(manyPaths)).toEqual([ABOUT.many]);
  });

  it('a bucket that keeps its files, and says how to remove them', async () => {
    during(failing('DeleteObject', async () => s3Error(403, 'AccessDenied', 'Denied by a test')));
    const findings = await all(runProbes([oneUpload], stackOf(site.cloud)));
    const [left = ''] = await leftovers();
    expect(findings.at(-1)).toEqual({
      about: ABOUT.removed,
      verdict: 'refuted',
      evidence: `1 file could not be removed: ${left}`,
      remedy: `Remove them: aws s3 rm s3://${site.output('SiteBucketName')}/${left.replace('one.txt', '')} --recursive`,
    });
    await site.remove(left);
  });

  it('a pipeline that takes too long', async () => {
    const { refuted } = await verdictsOf(runProbes([lifeOfAFile], stackOf(site.cloud), { patienceMs: 0 }));
    expect(refuted).toEqual([lifeOfAFile.name, ABOUT.removed]);
    await site.settled();
  });

  // The last one: its mails are still on their way when it ends.
  it('mails that SES does not take', async () => {
    const refuses: Fault = async () =>
      jsonErrorResponse(new AwsError('TooManyRequestsException', 'Refused by a test'), '1.1');
    during(
      faulty({ action: 'SendEmail' }, refuses).interceptor,
      rewritten('GetEmailIdentity', '"VerifiedForSendingStatus":true', '"VerifiedForSendingStatus":false'),
    );
    const findings = runProbes([oneUpload, mail], stackOf(site.cloud), { patienceMs: 300 });
    expect((await verdictsOf(findings)).refuted).toEqual(expect.arrayContaining([...ABOUT.mail]));
  });
});
