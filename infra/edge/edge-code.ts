import { readFileSync } from 'node:fs';

/**
 * Code of the CloudFront Function in front of the API.
 *
 * @param apiKey the key's value, or what CloudFormation resolves to it
 */
export function apiRequestCode(apiKey: string): string {
  const source = readFileSync(new URL('api-request.js', import.meta.url), 'utf8');
  // CloudFront runs scripts, not modules.
  return source.replace('export function', 'function').replace('API_KEY_PLACEHOLDER', () => apiKey);
}
