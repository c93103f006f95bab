/**
 * How other tools choose the paths of an invalidation, restated from what they document and do.
 * Only the choice: how they escape a path is left out, in their favour.
 */

/** A tool's rule: from the changed keys to invalidation paths with their percent-escapes undone. */
export interface Peer {
  readonly name: string;
  readonly pathsFor: (changedKeys: readonly string[]) => string[];
}

export const PEERS: readonly Peer[] = [
  { name: 's3deploy', pathsFor: s3deploy },
  { name: 'BALANCED', pathsFor: keys => balanced(keys.map(pathOf), 5) },
  { name: 'thu-san', pathsFor: thuSan },
  { name: '63Klabs', pathsFor: klabs63 },
  { name: 'exact only', pathsFor: keys => keys.map(pathOf) },
  { name: 'exact + folder', pathsFor: exactAndFolder },
  { name: '/*', pathsFor: () => ['/*'] },
];

/**
 * bep/s3deploy: pages by their folder alone; more than eight paths are widened from the deepest
 * level up, each to its grandparent folder, and if even that leaves more than eight, to everything.
 */
function s3deploy(keys: readonly string[]): string[] {
  const most = 8;
  let paths = unique(
    keys.map(key => (key.endsWith('index.html') ? `${folderOf(pathOf(key))}/` : pathOf(key))).sort(),
  );
  for (let level = Math.max(...keys.map(key => depthOf(pathOf(key)))); level > 0; level--) {
    if (paths.length <= most) break;
    paths = unique(paths.map(path => (depthOf(path) > level ? grandparentOf(path) : path)));
  }
  return paths.length > most || paths.includes('/*') ? ['/*'] : paths;
}

function grandparentOf(path: string): string {
  const folder = folderOf(path);
  return `${depthOf(folder) > 1 ? folderOf(folder) : folder}/*`;
}

/**
 * vladcosorg/action-s3-cloudfront-smart-deploy, strategy BALANCED: while there are too many paths,
 * one folder that holds at least two becomes a wildcard. A deeper folder wins only if it lies two
 * levels below the one found before.
 */
export function balanced(paths: readonly string[], limit: number): string[] {
  if (paths.length <= limit) return [...paths];
  let wildcard = '/*';
  let joined = paths;
  let leastDepth = 1;
  for (const [folder, inside] of pathsByFolder(paths)) {
    if (inside.length < 2 || depthOf(folder) < leastDepth) continue;
    wildcard = `${folder}/*`;
    joined = inside;
    leastDepth = depthOf(folder) + 2;
  }
  const gone = new Set(joined);
  return balanced([...paths.filter(path => !gone.has(path)), wildcard], limit);
}

/**
 * What lies in each folder at any depth, folders in the order in which they are met from the root
 * down.
 */
function pathsByFolder(paths: readonly string[]): Map<string, string[]> {
  const inside = new Map<string, string[]>();
  for (const path of paths) {
    for (let slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
      const folder = path.slice(0, slash);
      const others = inside.get(folder);
      if (others === undefined) inside.set(folder, [path]);
      else others.push(path);
    }
  }
  return inside;
}

/**
 * thu-san/terraform-aws-static-site: a folder with more than ten changed files becomes a wildcard;
 * over 3,000 paths, all.
 */
function thuSan(keys: readonly string[]): string[] {
  const paths = joinLargeGroups(keys.map(pathOf), 10);
  return paths.length > 3000 ? ['/*'] : paths;
}

/**
 * 63Klabs/…-cloudfront-cache-invalidation: `index.*` and `default.*` become their folder's
 * wildcard, then so does a folder with more than three files; more than ten wildcards side by side
 * become their parent's; what is covered is dropped; again, as long as the list shrinks.
 */
function klabs63(keys: readonly string[]): string[] {
  let paths = unique(
    keys.map(pathOf).map(path => (/\/(index|default)\.[^/]*$/.test(path) ? `${folderOf(path)}/*` : path)),
  );
  for (let before = Number.POSITIVE_INFINITY; paths.length < before; ) {
    before = paths.length;
    const isFolder = (path: string) => path.endsWith('/*');
    const files = joinLargeGroups(
      paths.filter(path => !isFolder(path)),
      3,
    );
    const folders = [...files, ...paths.filter(isFolder)].filter(isFolder).map(path => path.slice(0, -2));
    const joined = unique(joinLargeGroups(folders, 10).map(path => (isFolder(path) ? path : `${path}/*`)));
    paths = withoutCovered([...files.filter(path => !isFolder(path)), ...joined]);
  }
  return paths;
}

function withoutCovered(paths: readonly string[]): string[] {
  const folders = paths.filter(path => path.endsWith('/*')).map(path => path.slice(0, -1));
  return paths.filter(path => !folders.some(folder => path.startsWith(folder) && path !== `${folder}*`));
}

/** Replaces paths that share their folder by its wildcard where there are more than `most`. */
function joinLargeGroups(paths: readonly string[], most: number): string[] {
  return [...Map.groupBy(paths, folderOf)].flatMap(([folder, inside]) =>
    inside.length > most ? [`${folder}/*`] : inside,
  );
}

function exactAndFolder(keys: readonly string[]): string[] {
  return keys.flatMap(key => {
    const path = pathOf(key);
    return path.endsWith('/index.html') ? [path, `${folderOf(path)}/`] : [path];
  });
}

const pathOf = (key: string) => `/${key}`;
/** Without its last slash: '' for what lies in the root. */
const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')));
const depthOf = (path: string) => path.split('/').length - 1;
const unique = (paths: readonly string[]) => [...new Set(paths)];
