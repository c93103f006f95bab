import type { LocalCloud } from '../local-cloud.ts';

type Described = Pick<LocalCloud, 'outputs' | 'endpoint' | 'siteUrl' | 'inboxUrl' | 'notEmulated'>;

export interface DescriptionOptions {
  /** Lists what has no effect here, rather than only counting it. */
  readonly verbose: boolean;
  /** How long the start took. */
  readonly seconds: number;
}

/** What a running local cloud offers. The addresses come last, where they stay on the screen. */
export function describe(cloud: Described, { verbose, seconds }: DescriptionOptions): string {
  const { outputs, endpoint, siteUrl, inboxUrl, notEmulated } = cloud;
  const width = Math.max(...Object.keys(outputs).map(name => name.length));
  const listed = Object.entries(outputs).map(([name, value]) => `    ${name.padEnd(width)}  ${value}`);
  return `
  Stack outputs
${listed.join('\n')}

  Try it
    Edit and save web/styles.css, and watch what follows here and in the page.
    export AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local
    alias awslocal='aws --endpoint-url ${endpoint}'
    awslocal s3 cp README.md s3://${outputs['SiteBucketName']}/
    curl ${outputs['ApiUrl']}/students \\
      -H "x-api-key: $(awslocal apigateway get-api-key --include-value --api-key ${outputs['ApiKeyId']} --query value --output text)"
    awslocal cloudfront list-invalidations --distribution-id ${outputs['DistributionId']}
    awslocal sqs send-message --queue-url ${outputs['SiteChangesQueueUrl']} --message-body '{"paths":["/*"]}'

  ${verbose ? listOf(notEmulated) : countOf(notEmulated)}

  The student site is running on this machine, after ${seconds.toFixed(1)} s. Ctrl-C stops everything.

    Site   ${siteUrl}
    Cache  ${siteUrl}/cache.html
    API    ${outputs['ApiUrl']}
    Inbox  ${inboxUrl}
    AWS    ${endpoint}
`;
}

function countOf(notEmulated: readonly string[]): string {
  return `${notEmulated.length} properties of the template have no effect here: npm start -- --verbose lists them.`;
}

function listOf(notEmulated: readonly string[]): string {
  return ['These properties of the template have no effect here:', ...byType(notEmulated)].join('\n    ');
}

/** `AWS::S3::Bucket.Tags` and its like, a line for each type. */
function byType(notEmulated: readonly string[]): string[] {
  const groups = Map.groupBy(notEmulated, text => /^\w+::\S+?(?=\.)/.exec(text)?.[0] ?? '');
  return [...groups].map(([type, texts]) =>
    type === '' ? texts.join('; ') : `${type}: ${texts.map(text => text.slice(type.length + 1)).join(', ')}`,
  );
}
