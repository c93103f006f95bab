import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { expect } from 'vitest';
import { z } from 'zod';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CACHE_DIRECTORY = join(ROOT, 'node_modules', '.cache');
const AN_HOUR_MS = 3_600_000;
/** For one step of a scenario: a machine may be busy with other things. */
const PATIENCE_MS = 120_000;
const SCREENSHOT_DIRECTORY = join(ROOT, 'tests', 'browser', 'screenshots');

/**
 * Starts the Chromium that comes inside the npm package, with the libraries and the one font that
 * come with it, so that pages look the same on every machine. It finds no host but this one.
 */
async function launchBrowser(): Promise<Browser> {
  const home = await unpackChromium();
  return chromium.launch({
    executablePath: join(home, 'chromium'),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--in-process-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--font-render-hinting=none',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
    env: {
      HOME: home,
      LD_LIBRARY_PATH: join(home, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(home, 'fonts.conf'),
    },
  });
}

let shared: Promise<Browser> | undefined;

/**
 * One browser for all files that a worker runs: to start it takes longer than most tests. It ends
 * with the worker.
 */
function sharedBrowser(): Promise<Browser> {
  shared ??= launchBrowser();
  return shared;
}

/** A browser profile of its own: cookies, cache and storage are empty. Close it at the end. */
export async function newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await (await sharedBrowser()).newContext(options);
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

export interface VisitOptions extends BrowserContextOptions {
  /** What the page's clock shows at first; time then only passes by `page.clock`. */
  readonly clockAt?: Date;
  /** Console errors the scenario provokes itself. */
  readonly expectedErrors?: RegExp;
}

/**
 * Opens a page in a context of its own and runs the scenario on it. Fails if the page logged an
 * error, broke its content security policy, threw, or asked another origin for anything, in this
 * tab or another one of its context. A failure leaves a screenshot.
 */
export async function visit(
  url: string,
  { clockAt, expectedErrors, ...contextOptions }: VisitOptions,
  scenario: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await newContext(contextOptions);
  await context.addInitScript(() => {
    // Chromium keeps quiet about a violation that the page itself catches.
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      reportError(new Error(`The content security policy's ${violatedDirective} forbids ${blockedURI}`));
    });
  });
  const page = await context.newPage();
  const problems = collectProblems(context, new URL(url).origin, expectedErrors);
  try {
    if (clockAt) await stopClock(page, clockAt);
    await page.goto(url);
    await scenario(page);
    expect(problems).toEqual([]);
  } catch (failure) {
    await page.screenshot({ path: screenshotPath(), fullPage: true });
    throw failure;
  } finally {
    await context.close();
  }
}

/**
 * Playwright's clock goes on by itself until it is paused, and can be paused only at a time to
 * come.
 */
async function stopClock(page: Page, at: Date): Promise<void> {
  await page.clock.install({ time: at.getTime() - AN_HOUR_MS });
  await page.clock.pauseAt(at);
}

function collectProblems(
  context: BrowserContext,
  origin: string,
  expectedErrors: RegExp | undefined,
): readonly string[] {
  const problems: string[] = [];
  context.on('console', message => {
    if (message.type() === 'error' && !expectedErrors?.test(message.text())) problems.push(message.text());
  });
  context.on('weberror', failure => problems.push(`${failure.error()}`));
  context.on('request', request => {
    const target = new URL(request.url());
    if (target.protocol !== 'data:' && target.origin !== origin) problems.push(`Left the site: ${target}`);
  });
  return problems;
}

function screenshotPath(): string {
  const scenario = expect.getState().currentTestName ?? 'outside a test';
  return join(SCREENSHOT_DIRECTORY, `${scenario.replaceAll(/[^\w]+/g, '-')}.png`);
}

/**
 * Unpacks once per package version. The package itself unpacks into the shared temporary directory
 * and takes any file named `chromium` there for its own, even another process's half-written one:
 * so it gets a directory of its own, which takes its place only when complete.
 */
async function unpackChromium(): Promise<string> {
  const packageEntry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const manifest = await readFile(join(dirname(packageEntry), '..', 'package.json'), 'utf8');
  const { version } = z.object({ version: z.string() }).parse(JSON.parse(manifest));
  const home = join(CACHE_DIRECTORY, `chromium-${version}`);
  if (existsSync(home)) return home;

  await mkdir(CACHE_DIRECTORY, { recursive: true });
  const unpacking = await mkdtemp(join(CACHE_DIRECTORY, 'chromium-unpacking-'));
  await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', "await (await import('@sparticuz/chromium')).default.executablePath()"],
    // Naming a Lambda runtime makes the package unpack the libraries that a bare machine lacks.
    { cwd: ROOT, env: { TMPDIR: unpacking, AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x' } },
  );
  await writeFile(join(unpacking, 'fonts.conf'), fontConfiguration(home));
  try {
    await rename(unpacking, home);
  } catch (failure) {
    await rm(unpacking, { recursive: true });
    if (!existsSync(home)) throw failure;
  }
  return home;
}

/** The package's own configuration names directories of the machine at large. */
function fontConfiguration(home: string): string {
  return `<?xml version="1.0"?>
<fontconfig>
  <dir>${join(home, 'fonts')}</dir>
  <cachedir>${join(home, 'font-cache')}</cachedir>
</fontconfig>
`;
}
