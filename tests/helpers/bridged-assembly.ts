import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ATTACHED } from '../fixtures/existing-names.ts';
import { assemblyWith } from './assembly.ts';
import { buildAttachment, buildStack, type CfnTemplate, synthesised, templateOf } from './templates.ts';

/**
 * The synthesised assembly as `events: 'eventbridge'` makes it, without bundling anything again:
 * the setting changes no code.
 *
 * @returns its folder, to be removed at the end
 */
export async function bridgedAssembly(): Promise<string> {
  const events = 'eventbridge';
  const templates = [
    ['StudentSite', templateOf(buildStack({ events }).stack)],
    ['AutoInvalidation', templateOf(buildAttachment({ ...ATTACHED, events }).stack)],
  ] as const;
  const directory = await assemblyWith(() => undefined);
  for (const [name, template] of templates)
    await writeFile(
      join(directory, `${name}.template.json`),
      JSON.stringify(withCodeOf(synthesised(name), template)),
    );
  return directory;
}

function withCodeOf(bundled: CfnTemplate, template: CfnTemplate): CfnTemplate {
  const resources = Object.entries(template.Resources).map(([id, resource]) => {
    const Code = bundled.Resources[id]?.Properties['Code'];
    if (resource.Type !== 'AWS::Lambda::Function' || Code === undefined) return [id, resource];
    return [id, { ...resource, Properties: { ...resource.Properties, Code } }];
  });
  return { ...template, Resources: Object.fromEntries(resources) };
}
