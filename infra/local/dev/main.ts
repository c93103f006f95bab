import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { close, listen } from '../kernel/http-server.ts';
import { type LocalCloud, startLocalCloud } from '../local-cloud.ts';
import { narrate } from './narrator.ts';
import { watchSite } from './site-watcher.ts';

const ROOT = join(import.meta.dirname, '../../..');

const HELP = `Runs the whole student site on this machine, from the template that deploys.

  npm start -- [options]

  --site-port N     the site                       (8080; 0: any free port)
  --api-port N      the API of the students        (8081)
  --inbox-port N    the mails sent                 (8025)
  --aws-port N      every AWS API                  (4566)
  --ephemeral       keep nothing; otherwise state is kept in .local/
  -c, --context name=value   a setting of cdk.json, such as quietSeconds=1
  --help`;

interface Options {
  readonly ports: {
    readonly site: number;
    readonly api: number;
    readonly inbox: number;
    readonly aws: number;
  };
  readonly ephemeral: boolean;
  readonly context: readonly string[];
}

/** @throws Error saying which option is wrong */
function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      'site-port': { type: 'string', default: '8080' },
      'api-port': { type: 'string', default: '8081' },
      'inbox-port': { type: 'string', default: '8025' },
      'aws-port': { type: 'string', default: '4566' },
      ephemeral: { type: 'boolean', default: false },
      context: { type: 'string', short: 'c', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const port = (name: 'site-port' | 'api-port' | 'inbox-port' | 'aws-port') => {
    const number = Number(values[name]);
    if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
    throw new Error(`--${name} takes a port from 0 to 65535, not ${values[name]}`);
  };
  return {
    ports: {
      site: port('site-port'),
      api: port('api-port'),
      inbox: port('inbox-port'),
      aws: port('aws-port'),
    },
    ephemeral: values.ephemeral,
    context: values.context,
  };
}

/**
 * Told before the template is synthesised, which takes much longer.
 * @throws Error with advice when a port is taken
 */
async function assertFree(ports: Options['ports']): Promise<void> {
  for (const [name, port] of Object.entries(ports)) {
    const server = createServer();
    await listen(server, port, `--${name}-port`);
    await close(server);
  }
}

async function synthesise(context: readonly string[]): Promise<void> {
  const settings = context.flatMap(setting => ['-c', setting]);
  try {
    await promisify(execFile)('npx', ['cdk', 'synth', '--quiet', ...settings], { cwd: ROOT });
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new Error(`The template could not be synthesised:\n${output}`);
  }
}

function describe({ outputs, endpoint, siteUrl, inboxUrl, notEmulated }: LocalCloud): string {
  const width = Math.max(...Object.keys(outputs).map(name => name.length));
  const listed = Object.entries(outputs).map(([name, value]) => `    ${name.padEnd(width)}  ${value}`);
  return `
  The student site is running on this machine.

    Site   ${siteUrl}
    Cache  ${siteUrl}/cache.html
    API    ${outputs['ApiUrl']}
    Inbox  ${inboxUrl}
    AWS    ${endpoint}

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

  Accepted without effect here (README, "What the local cloud does not do")
${byType(notEmulated).join('\n')}

  Ctrl-C stops everything.
`;
}

/** `AWS::S3::Bucket.Tags` and its like, a line for each type. */
function byType(notEmulated: readonly string[]): string[] {
  const groups = Map.groupBy(notEmulated, text => /^\w+::\S+?(?=\.)/.exec(text)?.[0] ?? '');
  return [...groups].map(([type, texts]) =>
    type === ''
      ? `    ${texts.join('; ')}`
      : `    ${type}: ${texts.map(text => text.slice(type.length + 1)).join(', ')}`,
  );
}

function log(line: string): void {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${line}`);
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) return console.log(HELP);
  await assertFree(options.ports);
  console.log('Synthesising the template …');
  await synthesise(options.context);
  console.log('Starting …');
  const cloud = await startLocalCloud({
    ports: options.ports,
    ...(options.ephemeral ? {} : { stateDirectory: join(ROOT, '.local') }),
  });
  console.log(describe(cloud));
  const stopNarrating = narrate(cloud.journal, log);
  const buildDirectory = mkdtempSync(join(tmpdir(), 'student-site-'));
  const stopWatching = watchSite({
    sourceDirectory: join(ROOT, 'web'),
    buildDirectory,
    publish: cloud.publish,
    onError: error => log(`The site was not published: ${error instanceof Error ? error.message : error}`),
  });

  let stopping = false;
  const stop = async () => {
    // A second Ctrl-C does not wait.
    if (stopping) process.exit(130);
    stopping = true;
    console.log('\nStopping …');
    await stopWatching();
    await cloud.stop();
    stopNarrating();
    rmSync(buildDirectory, { recursive: true });
    console.log(
      options.ephemeral ? 'Stopped.' : 'Stopped. State is kept in .local/; npm start goes on from there.',
    );
    process.exit(0);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
