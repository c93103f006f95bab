import { describe, expect, it } from 'vitest';
import { narrate } from '../../../infra/local/dev/narrator.ts';
import { createJournal } from '../../../infra/local/kernel/journal.ts';

/** The lines about one refresh that goes through these states and succeeds. */
function narrated(...states: readonly string[]): string[] {
  const journal = createJournal();
  const lines: string[] = [];
  const stop = narrate(journal, line => lines.push(line));
  const execution = { kind: 'execution', machineArn: 'arn', name: 'r1' } as const;
  for (const state of states) journal.record({ ...execution, status: 'RUNNING', state });
  journal.record({ ...execution, status: 'SUCCEEDED' });
  stop();
  return lines;
}

describe('What npm start prints about a refresh', () => {
  it('says that the edge is verified when it is', () => {
    expect(narrated('Settle: begin', 'Verify: ask the edge', 'Report: fresh', 'End: fresh')).toEqual([
      '  → refresh r1: waiting until uploads are quiet',
      '  → asking the edge for every changed URL',
      '  → edge verified: visitors get the new content',
    ]);
  });

  it('does not say so when the edge could not be asked, and calls it no failure', () => {
    expect(narrated('Settle: begin', 'Verify: ask the edge', 'Report: unasked', 'End: unasked')).toEqual([
      '  → refresh r1: waiting until uploads are quiet',
      '  → asking the edge for every changed URL',
      '  → invalidated, but not verified: the mail and the cache panel say why',
    ]);
  });
});
