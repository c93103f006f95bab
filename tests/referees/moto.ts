import { isDeepStrictEqual } from 'node:util';
import { CloudFrontClient, CreateDistributionCommand } from '@aws-sdk/client-cloudfront';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { clientFor } from '../helpers/sdk-client.ts';
import { judgedCloud } from './cloud.ts';
import { doctorOn } from './moto-doctor.ts';
import { OTHER_QUESTIONS } from './moto-others.ts';
import { S3_QUESTIONS } from './moto-s3.ts';
import { startMoto } from './moto-server.ts';
import { SQS_QUESTIONS } from './moto-sqs.ts';
import type { Asked } from './question.ts';
import { type Referee, ruling } from './referee.ts';

/** Questions to which moto's answer is not that of AWS, and how that is known. */
const EXCUSED: ReadonlyMap<string, string> = new Map([
  [
    'sqs ChangeMessageVisibility by a handle that is none',
    'moto answers with status 400; the SDK’s schema of ReceiptHandleIsInvalid has 404',
  ],
  ['dynamodb DeleteTable', 'moto says ACTIVE; the API reference has DELETING in its example'],
  [
    'sqs in the Query protocol: GetQueueUrl missing',
    'moto has an element `message` beside `Message`; the model before JSON has none',
  ],
]);

/** Another emulator of AWS, written by others from the same documents and from AWS's answers. */
export const moto: Referee = {
  name: 'moto',
  program: 'moto_server',
  // It does not tell its version itself.
  version: `"$0" -h >&2 && python3 -c 'import moto; print("moto", moto.__version__)' || echo moto`,
  judges: 'the local cloud and the doctor, by the answers of an emulator that others wrote',
  async *rule({ path }) {
    const cloud = await judgedCloud();
    const { SiteBucketName: bucket = '', DistributionId: distributionId = '' } = cloud.outputs;
    const server = await startMoto(path);
    try {
      const here = {
        endpoint: cloud.endpoint,
        bucket,
        distributionId,
      };
      // First: the account is to be new.
      yield* doctorOn(server.url);
      const there = await prepared(server.url, bucket);
      for (const { asked, ask } of [...S3_QUESTIONS, ...SQS_QUESTIONS, ...OTHER_QUESTIONS]) {
        const [ours, its] = [await answerOf(ask, here), await answerOf(ask, there)];
        const excuse = EXCUSED.get(asked);
        const isSame = isDeepStrictEqual(ours, its);
        const evidence = `${JSON.stringify(its)}; the local cloud: ${JSON.stringify(ours)}`;
        if (excuse === undefined) yield ruling(asked, isSame, evidence);
        else yield ruling(`${asked}: differs (${excuse})`, !isSame, 'the two agree, so no excuse is needed');
      }
    } finally {
      await server.stop();
    }
  },
};

/** What the local cloud has from its template. */
async function prepared(endpoint: string, bucket: string): Promise<Asked> {
  await new S3Client({ ...clientFor(endpoint), forcePathStyle: true }).send(
    new CreateBucketCommand({ Bucket: bucket }),
  );
  const origin = {
    Id: 'bucket',
    DomainName: `${bucket}.s3.amazonaws.com`,
    S3OriginConfig: { OriginAccessIdentity: '' },
  };
  const { Distribution } = await new CloudFrontClient(clientFor(endpoint)).send(
    new CreateDistributionCommand({
      DistributionConfig: {
        CallerReference: 'referees',
        Comment: '',
        Enabled: true,
        Origins: { Quantity: 1, Items: [origin] },
        DefaultCacheBehavior: { TargetOriginId: 'bucket', ViewerProtocolPolicy: 'allow-all' },
      },
    }),
  );
  return { endpoint, bucket, distributionId: Distribution?.Id ?? '' };
}

/** What is compared of an answer, or the name and the status of the error. */
async function answerOf(ask: (asked: Asked) => Promise<unknown>, asked: Asked): Promise<unknown> {
  try {
    const { $metadata: _, ...answer } = Object(await ask(asked).then(each => ({ answer: each })));
    return answer;
  } catch (error) {
    const { name, message, $metadata } = Object(error);
    return $metadata === undefined ? { failed: message } : { error: name, status: $metadata.httpStatusCode };
  }
}
