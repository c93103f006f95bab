import { randomUUID } from 'node:crypto';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createEdge } from '../../../../shared/aws/edge.ts';
import { createSecretValues } from '../../../../shared/aws/secret-values.ts';
import { spell } from '../../../../shared/edition/spell.ts';
import { isPaused } from '../../../../shared/refresh/pause.ts';
import { adviceOnUnasked } from '../../../../shared/refresh/unasked-advice.ts';
import type { Stack } from '../../aws/stack.ts';
import { CommandError } from '../../command.ts';
import { pauseWords } from '../../pausing.ts';
import { confirmed, type Finding, refuted, untestable } from '../finding.ts';
import { type DeployedSite, prefixFor, readDeployedSite } from './deployed-site.ts';
import { followRefreshes } from './followed-refreshes.ts';
import type { Trial } from './trial.ts';
import { createTrialFiles } from './trial-files.ts';
import { createTrialInvalidations } from './trial-invalidations.ts';
import { createViewer } from './viewer.ts';
import type { Waiting } from './waiting.ts';

/**
 * Reads a stack, and chooses a new folder for the doctor's files. Nothing is written yet.
 *
 * @throws CommandError if the pipeline is paused: it would refresh nothing
 */
export async function openTrial(stack: Stack, waiting: Waiting): Promise<Trial> {
  const site = await readDeployedSite(stack);
  const pause = await site.table.pauses.current();
  if (isPaused(pause)) throw new CommandError(`${pauseWords(pause)}. Try again after ${spell('resume')}.`);
  const { id, url, urls } = site.distribution;
  const headers = await headersOf(site, stack);
  return {
    stack,
    site,
    waiting,
    files: createTrialFiles({
      client: new S3Client(stack.client),
      bucket: site.bucket,
      prefix: prefixFor(`doctor-${randomUUID().slice(0, 8)}/`, site),
      originPath: urls.originPath,
    }),
    viewer: createViewer(url, headers),
    edge: createEdge(url, headers),
    refreshes: followRefreshes(site.table, id, waiting),
    invalidations: createTrialInvalidations(new CloudFrontClient(stack.client), id, waiting),
  };
}

/** What lets verification in lets the doctor in. @throws SecretUnusableError */
function headersOf({ distribution }: DeployedSite, { client }: Stack): Promise<Record<string, string>> {
  const secrets = createSecretValues({ client: new SecretsManagerClient(client) });
  return secrets.headersOf(distribution.verificationHeaders);
}

/** Whether the edge lets the doctor in, by asking for a file that is not there. */
export async function judgeEdge({ edge, files }: Pick<Trial, 'edge' | 'files'>): Promise<Finding> {
  const about = 'the edge answers the doctor';
  const answer = await edge.ask(files.pathOf('nothing.txt'), { form: 'browser', withBody: false });
  switch (answer.kind) {
    case 'unasked':
      return { about, ...untestable(answer.reason, adviceOnUnasked(answer.code)) };
    case 'none':
      return { about, ...refuted(answer.problem, 'See RUNBOOK.md#verify-edge-errors.') };
    default:
      return { about, ...confirmed(`${edge.host} can be asked as a browser asks`) };
  }
}
