import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openTerminal } from '../../../infra/cli/terminal/terminal.ts';
import { recordedScreen } from '../../helpers/terminal.ts';

beforeEach(() => {
  vi.useFakeTimers();
  // A spinner is for people: not for CI, nor for a terminal that cannot move its cursor.
  vi.stubEnv('CI', undefined);
  vi.stubEnv('TERM', 'xterm');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

function open(columns?: number) {
  const [stdout, stderr] = [recordedScreen(columns), recordedScreen(columns)];
  const terminal = openTerminal({ stdin: process.stdin, stdout: stdout.stream, stderr: stderr.stream });
  return {
    ...terminal,
    printed: stdout.written,
    progressed: () => stripVTControlCharacters(stderr.written()),
  };
}

describe('Progress without a terminal', () => {
  it('is a plain line for each step', () => {
    const { progress, printed, progressed } = open();
    progress.step('closed');
    progress.step('verifying');
    expect(progressed()).toBe('closed\nverifying');
    expect(printed()).toBe('');
  });

  it('reports how far a step is every ten seconds', () => {
    const { progress, progressed } = open();
    for (let second = 0; second < 35; second++) {
      progress.update(() => `${second} moved`);
      vi.advanceTimersByTime(1000);
    }
    expect(progressed()).toBe('10 moved\n20 moved\n30 moved');
  });
});

describe('Progress on a terminal', () => {
  it('is one line that changes, and is gone once the report is printed', () => {
    const { progress, print, printed, progressed } = open(80);
    progress.step('closed');
    progress.step('verifying');
    expect(progressed()).toMatch(/^\S closed\S verifying$/);
    print('fresh');
    const before = progressed();
    vi.advanceTimersByTime(1000);
    expect(progressed()).toBe(before);
    expect(printed()).toBe('fresh');
  });

  it('changes no more often than people can see', () => {
    const { progress, progressed } = open(80);
    for (let count = 0; count < 1000; count++) progress.update(() => `${count} moved`);
    expect(progressed()).toMatch(/^\S 0 moved$/);
    vi.advanceTimersByTime(100);
    progress.update(() => '1000 moved');
    expect(progressed()).toContain('1000 moved');
    progress.stop();
  });
});
