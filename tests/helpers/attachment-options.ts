import { ATTACHED } from '../fixtures/existing-names.ts';
import type { CfnTemplate } from './templates.ts';

/** Options that attach to the existing site just as the synthesised assembly does. */
export const ATTACHING: readonly string[] = [
  ...['--bucket', ATTACHED.bucket],
  ...['--distribution', ATTACHED.distributionId],
  ...['--notify', ATTACHED.notifyEmail],
  ...['url', 'keyPrefixes', 'excludedKeys'].flatMap(name => ['-c', `${name}=${Reflect.get(ATTACHED, name)}`]),
];

/**
 * A template's resources without the places of their assets, which are all that differs between the
 * ways to deploy them.
 */
export function withoutPlaces({ Resources }: CfnTemplate): unknown {
  return JSON.parse(
    JSON.stringify(Resources, (name, value: unknown) =>
      ['Code', 'DefinitionS3Location'].includes(name) ? 'in some bucket' : value,
    ),
  );
}
