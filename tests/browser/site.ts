import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import { buildWebsite } from '../../infra/website-assets.ts';
import type { StudentFields } from '../../shared/school/students/student.ts';
import { newContext, type VisitOptions, visit } from '../helpers/browser.ts';
import { ScriptedEdge } from './scripted-edge.ts';

export const PUBLISHED_AT = new Date('2026-11-22T08:00:00Z');
const OPENED_AT = new Date('2026-11-22T08:02:10Z');

/**
 * The files of the built website, by their paths. Tailwind takes a second to build it, so a worker
 * builds it once.
 */
const website = buildOnce();

function buildOnce(): ReadonlyMap<string, Buffer> {
  const directory = mkdtempSync(join(tmpdir(), 'website-'));
  try {
    return new Map(buildWebsite(directory).map(file => [file, readFileSync(join(directory, file))]));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The built page behind a scripted edge and API; as published before every test. */
export function servedSite() {
  const edge = new ScriptedEdge();
  let origin: string;

  beforeAll(async () => {
    origin = await edge.listen();
  });
  afterAll(() => edge.close());
  beforeEach(() => edge.serve(website, PUBLISHED_AT));

  return {
    edge,
    api: edge.api,
    /** Opens the page in a browser profile of its own and runs the scenario. */
    open: (options: VisitOptions, scenario: (page: Page) => Promise<void>, path = '/') =>
      visit(
        `${origin}${path}`,
        { clockAt: OPENED_AT, timezoneId: 'UTC', locale: 'en-GB', ...options },
        scenario,
      ),
    /** For two visits by one browser profile. */
    newContext,
    origin: () => origin,
  };
}

/** The student of the contract's own example. */
export const SV005: StudentFields = {
  studentid: 'SV005',
  name: 'Pham Thi E',
  class: 'CNTT05',
  birthdate: '2001-05-05',
  email: 'student5@example.com',
};

/** `count` students, SV001 and so on, in classes CNTT01 and CNTT02. */
export function students(count: number): StudentFields[] {
  return Array.from({ length: count }, (_, index) => ({
    ...SV005,
    studentid: `SV${String(index + 1).padStart(3, '0')}`,
    name: `Student ${index + 1}`,
    class: index % 2 === 0 ? 'CNTT01' : 'CNTT02',
    email: `student${index + 1}@example.com`,
  }));
}

export async function fill(page: Page, fields: Partial<StudentFields>): Promise<void> {
  const form = page.locator('#student-form');
  const labels = {
    studentid: 'Student ID',
    name: 'Name',
    class: 'Class',
    birthdate: 'Birthdate',
    email: 'Email',
  };
  for (const field of ['studentid', 'name', 'class', 'birthdate', 'email'] as const) {
    const value = fields[field];
    if (value !== undefined) await form.getByLabel(labels[field]).fill(value);
  }
}

export async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
}

/** Waits until a part of the page says this. */
export async function says(
  page: Page,
  part: 'form' | 'list' | 'backup' | 'trouble' | 'history',
  text: string,
): Promise<void> {
  await page.locator(`#${part}-notice:not([hidden])`, { hasText: text }).waitFor();
}

/** Opens the list and waits for its count. */
export async function view(page: Page, count: string): Promise<void> {
  await press(page, 'View');
  await counted(page, count);
}

export async function counted(page: Page, count: string): Promise<void> {
  await page.locator('#students-count').getByText(count, { exact: true }).waitFor();
}

export function row(page: Page, studentid: string) {
  return page
    .locator('#students-rows tr')
    .filter({ has: page.getByText(studentid, { exact: true }).first() });
}

/**
 * Lets the page's time pass until this holds. A jump of a fixed length may come too early: the page
 * sets its next timer once it has its answer.
 */
export async function passTime(page: Page, until: () => boolean | Promise<boolean>): Promise<void> {
  await expect
    .poll(async () => {
      if (await until()) return true;
      await page.clock.runFor(1000);
      return until();
    })
    .toBe(true);
}

/** What the page last told a screen reader. */
export async function announcement(page: Page): Promise<string> {
  return (await page.getByRole('status').textContent()) ?? '';
}

/** What the focused element is called, or its id. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.id || document.activeElement?.textContent?.trim() || '');
}

/** A headless browser never hides a tab by itself. */
export function setVisibility(page: Page, state: 'visible' | 'hidden'): Promise<void> {
  return page.evaluate(visibility => {
    Object.defineProperty(document, 'visibilityState', { value: visibility, configurable: true });
    Object.defineProperty(document, 'hidden', { value: visibility === 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);
}
