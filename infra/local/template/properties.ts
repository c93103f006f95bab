import type { Resource, ResourceTypes } from './resource.ts';

/**
 * Checks that the local cloud knows every property of every resource.
 *
 * @returns what is accepted without effect, as `Type.Property`, sorted
 * @throws Error listing each unknown property with its resource
 */
export function checkProperties(resources: readonly Resource[], types: ResourceTypes): string[] {
  const unknown: string[] = [];
  const accepted = new Set<string>();
  for (const { logicalId, type, properties, isCustom } of resources) {
    // The function of a custom resource reads its properties.
    if (isCustom) continue;
    const known = types[type];
    for (const name of Object.keys(properties)) {
      if (known?.accepted?.includes(name)) accepted.add(`${type}.${name}`);
      else if (!known?.emulated.includes(name)) unknown.push(`${logicalId} (${type}): ${name}`);
    }
  }
  if (unknown.length === 0) return [...accepted].sort();
  throw new Error(`The local cloud does not emulate these properties:\n  ${unknown.join('\n  ')}`);
}
