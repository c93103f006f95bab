import { expect, it } from 'vitest';
import { pathPatternMatcher } from '../../../../infra/local/services/cloudfront/distribution.ts';

it.each([
  { pattern: '/api/*', path: '/api/students', matches: true },
  { pattern: '/api/*', path: '/api', matches: false },
  { pattern: 'api/*', path: '/api/students', matches: true },
  { pattern: '*.jpg', path: '/deep/down/a.jpg', matches: true },
  { pattern: '*.jpg', path: '/a.jpeg', matches: false },
  { pattern: '/a?.css', path: '/ab.css', matches: true },
  { pattern: '/a?.css', path: '/a.css', matches: false },
  { pattern: '/A/*', path: '/a/x', matches: false },
  { pattern: '*', path: '/', matches: true },
  { pattern: '/api/*', path: '/%61pi/students', matches: true },
  { pattern: '/api/*', path: '//api//students', matches: true },
  { pattern: '/api/*', path: '/x/../api/students', matches: true },
  { pattern: '/api/*', path: '/x/%2e%2E/api/students', matches: true },
  { pattern: '/api/*', path: '/api/../index.html', matches: false },
  { pattern: '/api/*', path: '/api%2fstudents', matches: false },
  { pattern: '/api/*', path: '/api/..%2findex.html', matches: true },
])('The path pattern $pattern matches $path: $matches', ({ pattern, path, matches }) => {
  expect(pathPatternMatcher(pattern)(path)).toBe(matches);
});
