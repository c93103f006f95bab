import { expect, it } from 'vitest';
import { normalisedPath } from '../../../../infra/local/services/cloudfront/normalised-path.ts';

it.each([
  ['/', '/'],
  ['//', '/'],
  ['/a/b', '/a/b'],
  ['/a/b/', '/a/b/'],
  ['/a//b///', '/a/b/'],
  ['/a/./b', '/a/b'],
  ['/a/b/..', '/a/'],
  ['/a/b/.', '/a/b/'],
  ['/a/../../b', '/b'],
  ['/a/..', '/'],
  ['/a/...', '/a/...'],
  ['/%7euser/%2E%2e/%41', '/A'],
  ['/a%2fb%3bc%5c', '/a%2Fb%3Bc%5C'],
  ['/%252e%zz%', '/%252e%zz%'],
  ['/é;x', '/é;x'],
])('CloudFront takes %s for %s when it looks for the behaviour', (path, normalised) => {
  expect(normalisedPath(path)).toBe(normalised);
});
