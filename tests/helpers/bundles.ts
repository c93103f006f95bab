import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, transform } from 'esbuild';
import { BUNDLING } from '../../infra/assets/bundling.ts';
import { filesIn } from '../../infra/files-in.ts';
import { type InstalledPackage, installedPackages, isPermissive, readJson } from '../../infra/licences.ts';
import { SCRIPTS } from '../../infra/website-assets.ts';
import { ASSEMBLY } from './assembly.ts';
import {
  type CfnTemplate,
  type Json,
  type Resource,
  resourceOf,
  resourcesOf,
  synthesised,
  templateWith,
} from './templates.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const OPTIONS = {
  ...BUNDLING,
  metafile: true,
  write: false,
  outfile: 'index.mjs',
  logLevel: 'silent',
} satisfies BuildOptions;

export interface Bundle {
  readonly code: Uint8Array;
  /**
   * Files that it is made of, from the root of the repository, and the bytes that each left in it:
   * never none.
   */
  readonly files: ReadonlyMap<string, number>;
}

export interface FunctionBundle {
  /** Path in `handlers/` without its extension, such as `pipeline/invalidate`. */
  readonly handler: string;
  /** The template that has the function, and how it has it. */
  readonly template: CfnTemplate;
  readonly resource: Resource;
  readonly bundle: Bundle;
  /**
   * What no implementation can do without: the AWS clients that the function uses, imported and
   * constructed, made alike.
   */
  readonly baseline: Bundle;
}

/**
 * Every handler, as it deploys.
 *
 * @param only such as `pipeline/invalidate`; all by default
 * @throws Error when the synthesised assembly holds other bytes, or a handler has no function
 */
export async function functionBundles(only: readonly string[] = []): Promise<FunctionBundle[]> {
  const templates = [synthesised(), synthesised('AutoInvalidation')];
  const handlers = filesIn(`${ROOT}handlers`)
    .filter(file => file.endsWith('.ts'))
    .map(file => file.replace(/\.ts$/, ''))
    .filter(handler => only.length === 0 || only.includes(handler));
  return await Promise.all(
    handlers.map(async handler => {
      const entry = `handlers/${handler}.ts`;
      const bundle = await bundleOf({ entryPoints: [entry] });
      return {
        handler,
        ...functionOf(templates, handler, bundle),
        bundle,
        baseline: await baselineOf(entry),
      };
    }),
  );
}

/** A module without content, made like the functions' bundles. */
export const emptyBundle = () => bundleOf({ stdin: { contents: '' } });

/** The scripts of the page and the cache panel. */
export const pageScripts = () =>
  Promise.all(SCRIPTS.map(name => bundleOf({ entryPoints: [`web/${name}.ts`] })));

async function bundleOf(entry: Pick<BuildOptions, 'entryPoints' | 'stdin'>): Promise<Bundle> {
  const { outputFiles, metafile } = await build({ ...OPTIONS, ...entry });
  const [output, inputs] = [outputFiles[0], Object.values(metafile.outputs)[0]?.inputs];
  if (output === undefined || inputs === undefined) throw new Error('esbuild wrote nothing');
  const files = Object.entries(inputs).map(([file, { bytesInOutput }]) => [file, bytesInOutput] as const);
  return { code: output.contents, files: new Map(files.filter(([, bytes]) => bytes > 0)) };
}

/** Functions that are deployed only if an option asks for them, which costs another synthesis. */
const BY_OPTION: Readonly<Record<string, { settings: Readonly<Record<string, string>>; id: string }>> = {
  'pipeline/send-webhook': {
    settings: { webhookUrl: 'https://hooks.example.com/refreshes', webhookSecret: 'hooks' },
    id: 'AutoInvalidationWebhookSend',
  },
};

/**
 * The function whose code is this bundle, byte for byte: what is measured is what deploys. Of one
 * that only an option deploys, the template is made without its code.
 */
function functionOf(
  templates: readonly CfnTemplate[],
  handler: string,
  { code }: Bundle,
): Pick<FunctionBundle, 'resource' | 'template'> {
  const option = BY_OPTION[handler];
  if (option !== undefined) {
    const template = templateWith(option.settings);
    return { resource: resourceOf(template, 'AWS::Lambda::Function', option.id), template };
  }
  const functions = templates.flatMap(template =>
    resourcesOf(template, 'AWS::Lambda::Function').map(resource => ({ resource, template })),
  );
  const found = functions.find(({ resource }) => deployedCode(resource)?.equals(code));
  if (found === undefined)
    throw new Error(`No function of the synthesised templates runs ${handler} as bundled here`);
  return found;
}

/** What a function of the synthesised templates runs; undefined for one of CDK's own. */
export function deployedCode({ properties }: Resource): Buffer | undefined {
  const asset = basename(textIn(properties['Code'], 'S3Key'), '.zip');
  try {
    return readFileSync(`${ASSEMBLY}/asset.${asset}/index.mjs`);
  } catch {
    return undefined;
  }
}

function textIn(value: Json | undefined, key: string): string {
  const text = typeof value === 'object' && value !== null && !Array.isArray(value) ? value[key] : undefined;
  return typeof text === 'string' ? text : '';
}

async function baselineOf(entry: string): Promise<Bundle> {
  const imports = await awsImportsOf(entry);
  const contents = imports.map(({ statement, names, from }) => {
    const clients = from.includes('/client-') ? names.filter(name => /Client\d*$/.test(name)) : [];
    const constructed = clients.map(name => `new ${name}({});`);
    return [statement, ...constructed, `export { ${names} };`].join('\n');
  });
  return bundleOf({ stdin: { contents: contents.join('\n'), resolveDir: ROOT } });
}

interface AwsImport {
  readonly statement: string;
  /** As they are called in the importing file. */
  readonly names: readonly string[];
  readonly from: string;
}

/**
 * What a handler and all that it imports, our code or a library's, take from the SDK: bundled with
 * the SDK left outside.
 */
async function awsImportsOf(entry: string): Promise<AwsImport[]> {
  const { outputFiles } = await build({
    ...OPTIONS,
    entryPoints: [entry],
    minify: false,
    external: ['@aws-sdk/*'],
  });
  // Taken for TypeScript, a file loses the imports that nothing in it uses.
  const { code } = await transform(outputFiles[0]?.text ?? '', { loader: 'ts' });
  const imports = [...code.matchAll(/^import \{([^}]*)\} from "(@aws-sdk\/[^"]+)";$/gm)];
  if (imports.length !== code.match(/^\s*import\b.*"@aws-sdk\/|^\} from "@aws-sdk\//gm)?.length) {
    throw new Error(`${entry} imports from the SDK in a form that is not understood here`);
  }
  return imports.map(([statement, clause = '', from = '']) => ({
    statement,
    names: clause.split(',').map(name => name.trim().replace(/^\w+ as /, '')),
    from,
  }));
}

/** Packages that a bundle has files of, and whose licence asks for more than its notice. */
export function notPermissive(files: Iterable<string>): InstalledPackage[] {
  const names = new Set([...files].map(packageOf));
  const installed = installedPackages(readJson('package-lock.json'));
  return installed.filter(({ name, licence }) => names.has(name) && !isPermissive(licence));
}

/** The package that a file in a bundle comes from; undefined for a file of our own. */
export function packageOf(file: string): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
}
