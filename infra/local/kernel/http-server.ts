import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Connections that may wait to be accepted. Node's default of 511 would reset some in a burst of a
 * thousand.
 */
const BACKLOG = 4096;

/**
 * How long an idle connection stays open. After Node's default of 5 s, a client beside load sends
 * its next request at the moment its connection is closed, and sees ECONNRESET.
 */
const KEEP_ALIVE_MS = 60_000;

/**
 * @param option of `npm start` that chooses the port, for the error
 * @throws Error with advice if the port is taken
 */
export function listen(server: Server, port: number, option: string): Promise<number> {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? portTaken(port, option) : error),
    );
    const address = { port, host: '127.0.0.1', backlog: BACKLOG };
    server.listen(address, () => resolve((server.address() as AddressInfo).port));
  });
}

export function portTaken(port: number, option: string): Error {
  return new Error(
    `Port ${port} is taken. Stop what uses it, perhaps another npm start, or choose another with ${option} (0: any free port)`,
  );
}

export function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
