import { mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assemblyDirectory } from '../../infra/assembly.ts';
import { ATTACHED } from '../fixtures/existing-names.ts';

/** Both stacks as they would deploy: what tests/helpers/synthesise.ts leaves for the suites. */
export const ASSEMBLY = assemblyDirectory({ context: ATTACHED });

/** The settings of both stacks whose events come by EventBridge. */
export const BRIDGED = { ...ATTACHED, events: 'eventbridge' } as const;

export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

/**
 * The synthesised assembly with a change in its template; to synthesise again would take too long.
 *
 * @returns its folder, to be removed at the end
 */
export async function assemblyWith(
  change: (resource: TemplateResource, logicalId: string) => void,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'assembly-'));
  for (const name of await readdir(ASSEMBLY)) {
    const file = join(ASSEMBLY, name);
    if (!name.endsWith('.template.json')) await symlink(file, join(directory, name));
    else {
      const template = JSON.parse(await readFile(file, 'utf8')) as Template;
      for (const [logicalId, { Type, Properties = {} }] of Object.entries(template.Resources))
        change({ Type, Properties }, logicalId);
      await writeFile(join(directory, name), JSON.stringify(template));
    }
  }
  return directory;
}

interface Template {
  readonly Resources: Readonly<Record<string, Partial<TemplateResource> & Pick<TemplateResource, 'Type'>>>;
}
