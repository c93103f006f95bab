import { createServer, type RequestListener, type Server } from 'node:http';
import type { Resource, ResourceTypes } from '../template/resource.ts';
import { type LoadedStack, withTexts } from '../template/template.ts';
import { close, listen } from './http-server.ts';

export interface PublicServers {
  /** Where a resource is served on this machine. @throws Error if it is not */
  urlOf(ref: string): string;
  /** A stack with URLs on AWS (`https://d111.cloudfront.net`) replaced by those on this machine. */
  readonly withLocalUrls: (stack: LoadedStack) => LoadedStack;
  /** URLs on AWS, and those on this machine that stand for them. */
  readonly localUrls: Readonly<Record<string, string>>;
  /** Has every resource of a type answer. */
  serve(type: string, listenerOf: (ref: string) => RequestListener): void;
}

interface Served {
  readonly type: string;
  readonly ref: string;
  readonly publicUrl: string;
  readonly url: string;
  readonly server: Server;
  /** Requests that came before `serve` was called. */
  readonly waiting: Parameters<RequestListener>[];
}

/**
 * Opens a server for each resource that everybody can reach: distributions and APIs. They listen
 * before anything else starts, because their URLs are part of what functions are told, and answer
 * once `serve` is called, also what was asked before.
 *
 * @param ports by the names that resource types give them; 0 or none: any free port
 * @param onStarted receives what stops a server
 */
export async function openPublicServers(
  resources: readonly Resource[],
  types: ResourceTypes,
  ports: Readonly<Record<string, number | undefined>>,
  onStarted: (stop: () => Promise<void>) => void,
): Promise<PublicServers> {
  const served: Served[] = [];
  for (const [type, { published }] of Object.entries(types)) {
    if (published === undefined) continue;
    const ofType = resources.filter(resource => resource.type === type);
    for (const [index, resource] of ofType.entries()) {
      const waiting: Served['waiting'] = [];
      const server = createServer((request, response) => waiting.push([request, response]));
      const wanted = index === 0 ? (ports[published.port] ?? 0) : 0;
      const port = await listen(server, wanted, `--${published.port}-port`);
      onStarted(() => close(server));
      const publicUrl = published.urlOf(resource);
      served.push({
        type,
        ref: resource.ref,
        publicUrl,
        url: `http://${published.host ?? '127.0.0.1'}:${port}`,
        server,
        waiting,
      });
    }
  }
  return {
    urlOf(ref) {
      const found = served.find(each => each.ref === ref);
      if (found === undefined) throw new Error(`${ref} is not served`);
      return found.url;
    },
    withLocalUrls: stack =>
      withTexts(stack, text =>
        served.reduce((known, { publicUrl, url }) => known.replaceAll(publicUrl, url), text),
      ),
    localUrls: Object.fromEntries(served.map(({ publicUrl, url }) => [publicUrl, url])),
    serve(type, listenerOf) {
      for (const { ref, server, waiting } of served.filter(each => each.type === type)) {
        const listener = listenerOf(ref);
        server.removeAllListeners('request').on('request', listener);
        for (const asked of waiting.splice(0)) listener(...asked);
      }
    },
  };
}
