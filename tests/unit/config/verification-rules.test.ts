import { describe, expect, it } from 'vitest';
import { headerNameProblem, siteUrlProblem } from '../../../infra/constructs/pipeline/verification-rules.ts';

describe('The URL of a site', () => {
  it.each([
    'https://www.example.com',
    'https://www.example.com:8443',
    'http://localhost:8080',
    'http://127.0.0.1:8080',
    'http://[::1]:8080',
  ])('may be %s', url => expect(siteUrlProblem(url)).toBeUndefined());

  it.each([
    ['http://www.example.com', 'https://www.example.com'],
    ['https://www.example.com/', 'https://www.example.com'],
    ['https://www.example.com/docs', 'https://www.example.com'],
    ['https://www.example.com?x=1', 'https://www.example.com'],
    ['https://www.example.com#top', 'https://www.example.com'],
    ['https://WWW.Example.com', 'https://www.example.com'],
    ['https://user:secret@www.example.com', 'https://www.example.com'],
    ['www.example.com', 'https://www.example.com'],
    ['http://localhost:8080/', 'http://localhost:8080'],
    ['http://localhost.example.com', 'https://localhost.example.com'],
  ])('is not %s: the problem says to write %s', (url, right) => {
    expect(siteUrlProblem(url)).toContain(`write ${right}, not`);
  });

  it.each(['', 'https://', 'ftp://www.example.com', 'not a host'])('is not %j', url => {
    expect(siteUrlProblem(url)).toBe(
      `must be a URL such as https://www.example.com, not ${JSON.stringify(url)}`,
    );
  });
});

describe('A header that verification sends', () => {
  it.each(['authorization', 'Cookie', 'x-preview-key', 'X_Key.1'])('may be %s', name => {
    expect(headerNameProblem(name)).toBeUndefined();
  });

  it.each([
    ['', 'is not the name of a header'],
    ['x key', 'is not the name of a header'],
    ['x-key:', 'is not the name of a header'],
    ['x-kéy', 'is not the name of a header'],
    ['Host', 'set the option url instead'],
    ['Content-Length', 'belongs to the connection'],
    ['Connection', 'belongs to the connection'],
    ['transfer-encoding', 'belongs to the connection'],
    ['Proxy-Authorization', 'belongs to the connection'],
    ['Accept-Encoding', 'verification chooses'],
    ['Range', 'verification chooses'],
    ['if-none-match', 'verification chooses'],
  ])('is not %j: the problem says that it %s', (name, problem) => {
    expect(headerNameProblem(name)).toContain(problem);
  });
});
