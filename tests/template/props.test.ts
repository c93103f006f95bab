import { readFileSync } from 'node:fs';
import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import type { AutoInvalidationProps } from '../../infra/constructs/pipeline/auto-invalidation-props.ts';
import { Mail } from '../../infra/constructs/pipeline/mail.ts';
import { NUMBERS } from '../../infra/constructs/pipeline/numbers.ts';
import { documentedProps, PROPS_README, propsIn, withTables } from '../../infra/constructs/props-tables.ts';
import { USUALLY_IGNORED_METADATA } from '../../shared/refresh/ignored-metadata.ts';
import { emptyStack, pipelineStack, secretIn, siteIn } from '../helpers/pipeline-stack.ts';

describe('The documentation of the props', () => {
  const documented = documentedProps();
  const all = [...documented].flatMap(([of, props]) => props.map(prop => ({ of, ...prop })));

  it('is in the README as the doc comments are now', () => {
    const readme = readFileSync(PROPS_README, 'utf8');
    expect(readme === withTables(readme), 'README.md is out of date: npm run props').toBe(true);
  });

  it('covers every interface that it names', () => {
    expect([...documented].filter(([, props]) => props.length === 0)).toEqual([]);
  });

  it('describes every prop, and names the default of every optional one and of no other', () => {
    const described = all.map(({ description }) => description.length >= 10);
    expect(described).not.toContain(false);
    const defaults = all.filter(prop => prop.isOptional === (prop.default === undefined));
    expect(defaults.map(({ of, name }) => `${of}.${name}`)).toEqual([]);
  });

  it.each([
    ['quietPeriod', NUMBERS.quietSeconds],
    ['maxLooks', NUMBERS.maxLooks],
    ['batchSize', NUMBERS.batchSize],
    ['batchWindow', NUMBERS.batchWindowSeconds],
    ['pathPriceUsd', NUMBERS.pathPriceUsd],
    ['refetchPriceUsd', NUMBERS.refetchPriceUsd],
    ['freePathsPerMonth', NUMBERS.freePathsPerMonth],
    ['maxListRequests', NUMBERS.maxListRequests],
    ['quotaPatience', NUMBERS.quotaPatienceMinutes],
  ])('names the default of %s that the construct has', (name, { default: standard }) => {
    const prop = all.find(each => each.of === 'RefreshOptions' && each.name === name);
    expect(prop?.default).toMatch(new RegExp(`^(?:Duration\\.\\w+\\()?${standard}\\)?$`));
  });

  it('names all metadata that the construct ignores by default', () => {
    const prop = all.find(({ name }) => name === 'ignoredMetadata');
    expect(prop?.description).toContain(`: ${USUALLY_IGNORED_METADATA.join(', ')}.`);
  });

  it('is read from interfaces alone, with types, hyphens and line breaks', () => {
    const source = `
      interface Some {
        /** Needed. */
        readonly one: string;
        /**
         * Two lines
         * of \`text\`.
         * @default - none
         */
        readonly two?: readonly ('a' | 'b')[];
      }
      const other = 1;`;
    expect(propsIn(source)).toEqual(
      new Map([
        [
          'Some',
          [
            { name: 'one', type: 'string', isOptional: false, description: 'Needed.' },
            {
              name: 'two',
              type: "readonly ('a' | 'b')[]",
              isOptional: true,
              description: 'Two lines of `text`.',
              default: '- none',
            },
          ],
        ],
      ]),
    );
  });
});

describe('AutoInvalidation', () => {
  const emails = ['owner@example.com'];
  const wrong: readonly (readonly [string, Partial<AutoInvalidationProps>])[] = [
    [
      'quietPeriod must be a whole number from 1 to 60 of seconds, not 0',
      { quietPeriod: Duration.seconds(0) },
    ],
    [
      'quietPeriod must be a whole number from 1 to 60 of seconds, not 1.5',
      { quietPeriod: Duration.millis(1500) },
    ],
    [
      'quietPeriod must be a whole number from 1 to 60 of seconds, not 120',
      { quietPeriod: Duration.minutes(2) },
    ],
    ['maxLooks must be a whole number from 1 to 1000, not 0', { maxLooks: 0 }],
    [
      'batchSize must be a whole number from 1 to 500, not 501',
      { batchSize: 501, batchWindow: Duration.seconds(1) },
    ],
    ['batchSize above 10 needs a batchWindow', { batchSize: 11 }],
    [
      'batchWindow must be a whole number from 0 to 300 of seconds, not 301',
      { batchWindow: Duration.seconds(301) },
    ],
    ['pathPriceUsd must be a number, at least 0, not -0.1', { pathPriceUsd: -0.1 }],
    ['refetchPriceUsd must be a number, at least 0, not NaN', { refetchPriceUsd: Number.NaN }],
    ['freePathsPerMonth must be a whole number', { freePathsPerMonth: 0.5 }],
    ['maxPathsPerMonth must be a whole number from 1 to 1000000000, not 0', { maxPathsPerMonth: 0 }],
    ['maxNeedlessPurges must be a whole number from 0 to 1000000000, not -1', { maxNeedlessPurges: -1 }],
    [
      'quotaPatience must be a whole number from 0 to 525600 of minutes, not 0.5',
      { quotaPatience: Duration.seconds(30) },
    ],
    ['distributions must name at least one', { distributions: [] }],
    ['keyPrefixes must not hold an empty string', { keyPrefixes: ['site/', ''] }],
    ['excludedKeys must not hold an empty string', { excludedKeys: [''] }],
    ['ignoredMetadata must be names of metadata, not ""', { ignoredMetadata: [''] }],
    [
      'ignoredMetadata must be named without x-amz-meta-, not "x-amz-meta-mtime"',
      { ignoredMetadata: ['x-amz-meta-mtime'] },
    ],
    ['notify needs either emails or mail', { notify: {} }],
    ['notify.emails must be 1 to 50 e-mail addresses, not 0', { notify: { emails: [] } }],
    [
      'notify.emails must be 1 to 50 e-mail addresses, not 51',
      { notify: { emails: Array(51).fill('a@example.com') } },
    ],
    [
      'notify.emails must be e-mail addresses, not "a@example.com,b@example.com"',
      { notify: { emails: ['a@example.com,b@example.com'] } },
    ],
  ];

  it.each(wrong)('refuses by its path: %s', (message, props) => {
    expect(() => pipelineStack(props)).toThrow(`Site/Freshness: ${message}`);
  });

  it('names everything that is wrong at once', () => {
    expect(() => pipelineStack({ maxLooks: 0, notify: {} })).toThrow(/maxLooks.*; notify/);
  });

  it.each([
    ['distributions[0].urls: "$1" must begin with /', { urls: { 'en/*': ['$1'] } }],
    [
      'distributions[0].url must be https:// and a host, without a path or a / at the end: write https://www.example.com, not "https://www.example.com/"',
      { url: 'https://www.example.com/' },
    ],
    ['distributions[0].spaFallback must be the key of an object', { spaFallback: '/index.html' }],
  ])('refuses of a distribution: %s', (message, props) => {
    const { stack } = emptyStack();
    const { distribution } = siteIn(stack, 'Own');
    expect(() => pipelineStack({ distributions: [{ distribution, ...props }] })).toThrow(message);
  });

  it.each([
    ['distributions[0].verificationHeaders: Host cannot be set: set the option url instead', ['Host'], true],
    ['distributions[0].verificationHeaders names cookie twice', ['cookie', 'Cookie'], true],
    ['distributions[0].verificationHeaders have no effect with verify: false', ['authorization'], false],
  ])('refuses of the verification of a distribution: %s', (message, names, verify) => {
    const { stack } = emptyStack();
    const { distribution } = siteIn(stack, 'Own');
    const secret = secretIn(stack);
    const verificationHeaders = Object.fromEntries(names.map(name => [name, { secret }]));
    expect(() => pipelineStack({ distributions: [{ distribution, verify, verificationHeaders }] })).toThrow(
      message,
    );
  });

  it('refuses a distribution that is named twice', () => {
    const { stack } = emptyStack();
    const { distribution } = siteIn(stack, 'Own');
    expect(() => pipelineStack({ distributions: [{ distribution }, { distribution }] })).toThrow(
      'distributions must name each distribution once',
    );
  });

  it('refuses props of mails that it does not make', () => {
    const { stack } = emptyStack();
    const mail = new Mail(stack, 'Mail', { emails });
    expect(() => pipelineStack({ notify: { mail, from: 'office@example.com' } })).toThrow(
      'notify.from has no effect beside notify.mail',
    );
  });
});
