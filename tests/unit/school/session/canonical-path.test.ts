import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normalisedPath } from '../../../../infra/local/services/cloudfront/normalised-path.ts';
import { isCanonicalPath } from '../../../../shared/school/session/canonical-path.ts';
import { misspelled } from '../../../helpers/misspelled-paths.ts';

it.each([
  '/',
  '/api/',
  '/api/students',
  '/api/students/',
  '/api/students/SV.001_a-b',
  '/api/students/..SV',
  '/api/students/a..b',
  '/api/students/...',
  '/api/students/%C3%A9%20%25',
  '/api/refreshes/2026-12-01T00:00:00Z',
])('The path %s is canonical', path => {
  expect(isCanonicalPath(path)).toBe(true);
});

it.each([
  '',
  'api/students',
  '//',
  '//api/students',
  '/api//students',
  '/api/students//',
  '/.',
  '/..',
  '/api/./students',
  '/api/../students',
  '/api/session/../students',
  '/api/students/.',
  '/api/students/..',
  '/api/session/%2e%2e/students',
  '/api/session/%2E./students',
  '/api/session/.%2e/students',
  '/api%2fstudents',
  '/api%2Fstudents',
  '/api/..%2fstudents',
  '/%61pi/students',
  '/api/students;a=1',
  '/api/;/students',
  '/api/..;/students',
  '/api/students%3b',
  '/api\\students',
  '/api/..\\students',
  '/api/%5cstudents',
  '/api/%5C..%5Cstudents',
  '/api/%',
  '/api/%2',
  '/api/%zz',
  '/api/%u002e',
  '/api/stu dents',
  '/api/students\n',
  '/api/students\0',
  '/api/é',
  '/api/．．/students',
  '/api/students?x',
  '/api/students#x',
  'https://host/api/students',
])('The path %j is not canonical', path => {
  expect(isCanonicalPath(path)).toBe(false);
});

describe('A canonical path', () => {
  it('is what CloudFront makes of it, too, except for the case of its escapes', () => {
    fc.assert(
      fc.property(misspelled('/api/students/SV%C3%A9/a.b'), path => {
        const upperCase = path.replace(/%[0-9a-f]{2}/gi, escaped => escaped.toUpperCase());
        expect(!isCanonicalPath(path) || normalisedPath(path) === upperCase).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });
});
