import type { Edge } from './edge-answer.ts';
import type { Served } from './served.ts';
import type { SiteObjects } from './unchanged.ts';

/**
 * Metadata that rclone, s3cmd and file systems on S3 keep about the file that they uploaded. They
 * rewrite it with an object whose content is the same. CloudFront does show metadata to browsers,
 * as headers, but no page depends on these.
 */
export const USUALLY_IGNORED_METADATA = [
  'mtime',
  'atime',
  'ctime',
  'btime',
  'mode',
  'uid',
  'gid',
  'md5chksum',
  's3cmd-attrs',
] as const;

const PREFIX = 'x-amz-meta-';

/** @returns what is wrong with the name of some metadata; undefined if nothing is */
export function metadataNameProblem(name: string): string | undefined {
  const shown = JSON.stringify(name);
  if (name.toLowerCase().startsWith(PREFIX)) return `must be named without ${PREFIX}, not ${shown}`;
  return /^[\w!#$%&'*+.^`|~-]+$/.test(name) ? undefined : `must be names of metadata, not ${shown}`;
}

/** The bucket without some metadata of its objects. */
export function ignoringMetadataOf<Site extends SiteObjects>(site: Site, names: readonly string[]): Site {
  return {
    ...site,
    async head(key: string) {
      const object = await site.head(key);
      return object === undefined ? undefined : without(object, names);
    },
  };
}

/** The edge as if objects were stored without some metadata. */
export function ignoringMetadataAt(edge: Edge, names: readonly string[]): Edge {
  return {
    host: edge.host,
    async ask(requestPath, question) {
      const answer = await edge.ask(requestPath, question);
      return answer.kind === 'object' ? { ...answer, served: without(answer.served, names) } : answer;
    },
  };
}

/** S3 and HTTP know no case in these names. */
function without({ headers, ...served }: Served, names: readonly string[]): Served {
  const ignored = new Set(names.map(name => `${PREFIX}${name}`.toLowerCase()));
  return {
    ...served,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !ignored.has(name.toLowerCase()))),
  };
}
