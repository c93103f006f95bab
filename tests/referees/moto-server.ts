import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface MotoServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts moto on any free port of this machine, for this machine alone. */
export async function startMoto(path: string): Promise<MotoServer> {
  const server = spawn(path, ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(server, 'close');
  const url = Promise.withResolvers<string>();
  for (const stream of [server.stdout, server.stderr]) {
    createInterface(stream).on('line', line => {
      const address = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
      if (address !== undefined) url.resolve(address);
    });
  }
  server.once('error', url.reject);
  server.once('close', () => url.reject(new Error('moto_server ended before it listened')));
  return {
    url: await url.promise,
    async stop() {
      server.kill();
      await ended;
    },
  };
}
