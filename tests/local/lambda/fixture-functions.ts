import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createJournal } from '../../../infra/local/kernel/journal.ts';
import type { FunctionDefinition } from '../../../infra/local/services/lambda/function-definition.ts';
import {
  createFunctionPool,
  type FunctionPoolOptions,
} from '../../../infra/local/services/lambda/function-pool.ts';

/** A function named `fixture` whose bundle is one module; gone after the test. */
export function functionWith(
  source: string,
  overrides: Partial<FunctionDefinition> & { readonly fileName?: string } = {},
): FunctionDefinition {
  const { fileName = 'index.mjs', ...definition } = overrides;
  const codeDirectory = mkdtempSync(join(tmpdir(), 'function-'));
  onTestFinished(() => rmSync(codeDirectory, { recursive: true }));
  writeFileSync(join(codeDirectory, fileName), source);
  return {
    name: 'fixture',
    codeDirectory,
    handler: 'index.handler',
    environment: {},
    timeoutSeconds: 20,
    memoryMb: 128,
    roleAccessKeyId: 'FixtureRole',
    ...definition,
  };
}

/** A pool of these functions, stopped after the test. */
export function startPool(
  functions: readonly FunctionDefinition[],
  options: Partial<FunctionPoolOptions> = {},
) {
  const journal = createJournal();
  const pool = createFunctionPool({
    functions,
    journal,
    endpoint: 'http://127.0.0.1:4566',
    ...options,
  });
  onTestFinished(() => pool.stop());
  return { pool, journal };
}

export interface Lifeline {
  readonly environment: { readonly LIFELINE_PORT: string };
  /** The next function that held on to the lifeline. */
  taken(): Promise<Socket>;
}

/** Source of a function's first lines: holds a connection to the test until its process ends. */
export const HOLD_LIFELINE = `
  import { connect } from 'node:net';
  const lifeline = connect(Number(process.env.LIFELINE_PORT), '127.0.0.1');
  await new Promise(resolve => lifeline.once('connect', resolve));
`;

export async function openLifeline(): Promise<Lifeline> {
  const sockets: Socket[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  const server: Server = createServer(socket => {
    // A killed process resets the connection: that is its end, not a failure.
    socket.on('error', () => undefined).resume();
    const next = waiting.shift();
    if (next === undefined) sockets.push(socket);
    else next(socket);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the lifeline has no port');
  return {
    environment: { LIFELINE_PORT: String(address.port) },
    async taken() {
      const socket = sockets.shift();
      return socket ?? new Promise(resolve => waiting.push(resolve));
    },
  };
}

export const closed = (socket: Socket) =>
  new Promise<void>(resolve => (socket.destroyed ? resolve() : socket.once('close', () => resolve())));
