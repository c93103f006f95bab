import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ensureAssembly } from '../../assembly.ts';
import { close, listen } from '../kernel/http-server.ts';
import type { LocalCloud } from '../local-cloud.ts';
import { describe } from './description.ts';
import { narrate } from './narrator.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { watchSite } from './site-watcher.ts';
import { openStateDirectory } from './state-directory.ts';

const ROOT = join(import.meta.dirname, '../../..');
const STATE_DIRECTORY = join(ROOT, '.local');

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) return console.log(HELP);
  await assertFree(options.ports);
  const { cloud, assemblyDirectory } = await start(options);

  const stopNarrating = narrate(cloud.journal, log);
  console.log(describe(cloud, { verbose: options.verbose, seconds: performance.now() / 1000 }));
  // Node itself writes it when a process exits, but this one may be killed.
  flushCompileCache();
  const buildDirectory = mkdtempSync(join(tmpdir(), 'student-site-'));
  const stopWatching = watchSite({
    sourceDirectory: join(ROOT, 'web'),
    publishedDirectory: join(assemblyDirectory, 'website'),
    buildDirectory,
    publish: cloud.publish,
    onError: error => log(`The site was not published: ${error instanceof Error ? error.message : error}`),
  });

  stopOnSignal(async () => {
    await stopWatching();
    await cloud.stop();
    stopNarrating();
    rmSync(buildDirectory, { recursive: true });
    console.log(
      options.ephemeral
        ? 'Stopped.'
        : 'Stopped. The state is kept in .local/, and the next npm start continues from there.',
    );
  });
}

/**
 * Checked first, because everything else takes longer.
 *
 * @throws Error with advice if a port is taken
 */
async function assertFree(ports: Options['ports']): Promise<void> {
  for (const [name, port] of Object.entries(ports)) {
    const server = createServer();
    await listen(server, port, `--${name}-port`);
    await close(server);
  }
}

async function start({ context, ports, ephemeral }: Options) {
  // Compiling is a third of the time that the emulators take to load.
  enableCompileCache();
  const [assemblyDirectory, { startLocalCloud }] = await Promise.all([
    ensureAssembly({ context, onSynthesis: () => console.log('Synthesising the template …') }),
    import('../local-cloud.ts'),
  ]);
  console.log('Starting …');
  if (!ephemeral) openState();
  const cloud: LocalCloud = await startLocalCloud({
    assemblyDirectory,
    ports,
    ...(ephemeral ? {} : { stateDirectory: STATE_DIRECTORY }),
  });
  return { cloud, assemblyDirectory };
}

function openState(): void {
  const former = openStateDirectory(STATE_DIRECTORY, new Date());
  if (former === undefined) return;
  console.log(
    `The state in .local/ was of another version. It is set aside in ${basename(former)}/, and this start begins anew.`,
  );
}

function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = async () => {
    // A second Ctrl-C does not wait.
    if (stopping) process.exit(130);
    stopping = true;
    console.log('\nStopping …');
    await stop();
    process.exit(0);
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

function log(line: string): void {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${line}`);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
