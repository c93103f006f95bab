import { rm } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { assemblyWith } from '../helpers/assembly.ts';
import { startSuccessiveCloud } from '../helpers/successive-clouds.ts';

/** Starts the school's stack with a change of the policy of its queue `site-changes`. */
async function startWith(change: (policy: string) => string) {
  const assemblyDirectory = await assemblyWith(({ Properties }, logicalId) => {
    if (!logicalId.startsWith('AutoInvalidationSiteChangesQueuePolicy')) return;
    Properties['PolicyDocument'] = JSON.parse(change(JSON.stringify(Properties['PolicyDocument'])));
  });
  onTestFinished(() => rm(assemblyDirectory, { recursive: true }));
  const cloud = await startSuccessiveCloud({ assemblyDirectory, alarms: false, decidesAnew: true });
  onTestFinished(cloud.stop);
}

it('A bucket is made if the policy of its queue lets S3 send for it', async () => {
  await expect(startWith(policy => policy)).resolves.toBeUndefined();
});

it.each([
  ['another bucket', (policy: string) => policy.replace(':s3:::*', ':s3:::another-bucket')],
  ['another account', (policy: string) => policy.replace('{"Ref":"AWS::AccountId"}', '"111122223333"')],
  ['another service', (policy: string) => policy.replace('s3.amazonaws.com', 'sns.amazonaws.com')],
])('A bucket is refused if the policy of its queue lets only %s send', async (_, change) => {
  await expect(startWith(change)).rejects.toThrow(
    /studentsite-websitesitebucket\w+: Unable to validate the following destination configurations: \S+SiteChangesQueue\S+ does not exist, or its policy does not let S3 send/,
  );
});
