import type { Resource } from './resource.ts';
import type { LoadedStack } from './template.ts';

/** All stacks of the local account, as services read them. */
export interface Account {
  readonly stacks: readonly LoadedStack[];
  readonly resources: readonly Resource[];
  /** The resources of one type. */
  all(type: string): readonly Resource[];
  /** The file or folder behind an object key of the asset bucket. @throws Error if there is none */
  assetPath(objectKey: string): string;
  /** How a role's calls are marked: its name, or the ARN of a role outside the template. */
  callerOf(roleArn: string): string;
}

export function accountOf(stacks: readonly LoadedStack[]): Account {
  const resources = stacks.flatMap(stack => stack.resources);
  const all = (type: string) => resources.filter(resource => resource.type === type);
  const roles = new Map(all('AWS::IAM::Role').map(({ attributes, ref }) => [attributes['Arn'], ref]));
  return {
    stacks,
    resources,
    all,
    assetPath(objectKey) {
      const path = stacks.map(({ assets }) => assets.get(objectKey)).find(found => found !== undefined);
      if (path === undefined) throw new Error(`The assembly has no asset ${objectKey}`);
      return path;
    },
    callerOf: roleArn => roles.get(roleArn) ?? roleArn,
  };
}
