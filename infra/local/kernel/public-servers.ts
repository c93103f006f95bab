import { createServer, type RequestListener, type Server } from 'node:http';
import { publicUrlOf } from '../template/resource-identity.ts';
import type { Resource } from '../template/template.ts';
import { close, listen } from './http-server.ts';

export interface PublicServers {
  /** Where a resource is served on this machine. */
  urlOf(ref: string): string;
  /** Replaces public URLs of AWS (`https://d111.cloudfront.net`) by those of this machine. */
  localUrls(text: string): string;
  /** Has every resource of a type answer. */
  listenTo(type: string, listenerOf: (ref: string) => RequestListener): void;
}

interface Served {
  readonly type: string;
  readonly ref: string;
  readonly publicUrl: string;
  readonly url: string;
  readonly server: Server;
}

/** Which port the first resource of a type has; others have any that is free. */
const PORTS = {
  'AWS::CloudFront::Distribution': { port: 'site', option: '--site-port' },
  'AWS::ApiGateway::RestApi': { port: 'api', option: '--api-port' },
} as const;

/** A server for everything that AWS serves to everybody: distributions and APIs. */
export async function servePublicly(
  resources: readonly Resource[],
  ports: { readonly site?: number; readonly api?: number },
  started: (() => Promise<void> | void)[],
): Promise<PublicServers> {
  const served: Served[] = [];
  for (const [type, { port, option }] of Object.entries(PORTS)) {
    const ofType = resources.filter(resource => resource.type === type);
    for (const [index, resource] of ofType.entries()) {
      const server = createServer();
      const listening = await listen(server, index === 0 ? (ports[port] ?? 0) : 0, option);
      started.push(() => close(server));
      const publicUrl = publicUrlOf(resource);
      served.push({ type, ref: resource.ref, publicUrl, url: `http://127.0.0.1:${listening}`, server });
    }
  }
  return {
    urlOf(ref) {
      const found = served.find(each => each.ref === ref);
      if (found === undefined) throw new Error(`${ref} is not served`);
      return found.url;
    },
    localUrls: text => served.reduce((known, { publicUrl, url }) => known.replaceAll(publicUrl, url), text),
    listenTo(type, listenerOf) {
      for (const { ref, server } of served.filter(each => each.type === type))
        server.on('request', listenerOf(ref));
    },
  };
}
