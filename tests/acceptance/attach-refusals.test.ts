import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startLocalCloud } from '../../infra/local/local-cloud.ts';
import { EXISTING, WHOLE_SITE } from '../fixtures/existing-names.ts';
import { synthesiseExistingSite, type UnusualSite } from '../fixtures/existing-site.ts';
import { assemblyWith } from '../helpers/assembly.ts';

const KEY = 'arn:aws:kms:us-east-1:000000000000:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f';

/** Deploys the attachment beside a site that differs from the one it was synthesised for. */
async function deploy({
  site = {},
  attachment = text => text,
}: {
  readonly site?: UnusualSite;
  /** Changes each resource of the attachment, as JSON. */
  readonly attachment?: (text: string) => string;
}): Promise<void> {
  const existing = mkdtempSync(join(tmpdir(), 'refused-site-'));
  onTestFinished(() => rm(existing, { recursive: true }));
  synthesiseExistingSite(existing, site);
  const assemblyDirectory = await assemblyWith(({ Properties }) => {
    for (const [name, value] of Object.entries(Properties))
      Properties[name] = JSON.parse(attachment(JSON.stringify(value)));
  });
  onTestFinished(() => rm(assemblyDirectory, { recursive: true }));
  const cloud = await startLocalCloud({
    assemblyDirectory: existing,
    stackName: EXISTING.stackName,
    moreStacks: [{ stackName: 'AutoInvalidation', assemblyDirectory }],
    alarms: false,
  });
  await cloud.stop();
}

describe('A deployment beside a site that it does not fit', () => {
  it('fails when there is no such bucket, with the command that lists buckets', async () => {
    const attachment = (text: string) => text.replaceAll(EXISTING.bucketName, 'no-such-site');
    await expect(deploy({ attachment })).rejects.toThrow(/There is no bucket no-such-site\. .*aws s3 ls/);
  });

  it('fails when there is no such distribution, with the command that lists distributions', async () => {
    // The property of the custom resource, and the permission to look; no name of a resource.
    const id = new RegExp(`(?<=["/])${WHOLE_SITE}(?=")`, 'g');
    const attachment = (text: string) => text.replaceAll(id, 'E0123456789ABC');
    await expect(deploy({ attachment })).rejects.toThrow(
      /There is no distribution E0123456789ABC in the account 000000000000\. .*aws cloudfront list-distributions/,
    );
  });

  it('fails when the distribution is that of tenants, with what is needed instead', async () => {
    await expect(deploy({ site: { isMultiTenant: true } })).rejects.toThrow(
      /The distribution \w+ is multi-tenant: .* Deploy again with the id of a standard distribution/,
    );
  });

  it("fails when the bucket's policy denies reading to all but CloudFront, with what to add to it", async () => {
    const onlyCloudFront = new PolicyStatement({
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:GetObject'],
      resources: [`arn:aws:s3:::${EXISTING.bucketName}/*`],
      conditions: {
        StringNotLike: { 'aws:SourceArn': 'arn:aws:cloudfront::000000000000:distribution/*' },
      },
    });
    await expect(deploy({ site: { policy: [onlyCloudFront] } })).rejects.toThrow(
      `The policy of the bucket ${EXISTING.bucketName} denies reading its objects, so nothing could be verified. Add to the Condition of its Deny: "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::000000000000:role/AutoInvalidation-*"}`,
    );
  });

  it('fails when the bucket has a key of KMS that it was not told, with the option that tells it', async () => {
    await expect(deploy({ site: { keyOfKms: KEY } })).rejects.toThrow(
      `The bucket ${EXISTING.bucketName} encrypts its objects with the KMS key ${KEY}, which the functions must be allowed to use. Deploy again with -c bucketKeyArn=${KEY}`,
    );
  });
});
