/**
 * Placeholder for what only the function of a custom resource knows, until it has answered.
 *
 * @param attribute empty for `Ref`
 */
export function customResourceText(stackName: string, logicalId: string, attribute = ''): string {
  return `{{custom-resource:${stackName}:${logicalId}:${attribute}}}`;
}
