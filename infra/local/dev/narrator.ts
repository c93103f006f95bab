import type { Journal, JournalEntry } from '../kernel/journal.ts';

/** Uploads within this time share a line. */
const BURST_MS = 200;
const NAMED_FILES = 4;

/**
 * Prints what has happened in the local cloud and what happens from now on, a line at a time.
 *
 * @returns a function that ends it
 */
export function narrate(journal: Journal, print: (line: string) => void): () => void {
  const changed: string[] = [];
  const createdAt = new Map<string, number>();
  let flushTimer: NodeJS.Timeout | undefined;

  const tellChanges = () => {
    clearTimeout(flushTimer);
    flushTimer = undefined;
    if (changed.length === 0) return;
    const names = changed.splice(0);
    const rest = names.length - NAMED_FILES;
    print(`${names.slice(0, NAMED_FILES).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`);
  };

  const tell = (line: string) => {
    tellChanges();
    print(`  → ${line}`);
  };

  const tellInvalidation = ({ id, paths, status }: Extract<JournalEntry, { kind: 'invalidation' }>) => {
    if (status === 'InProgress') {
      createdAt.set(id, Date.now());
      tell(`invalidation ${id}: ${describePaths(paths)}`);
    } else {
      const seconds = (Date.now() - (createdAt.get(id) ?? Date.now())) / 1000;
      createdAt.delete(id);
      tell(`Completed in ${seconds.toFixed(1)} s`);
    }
  };

  const listen = (entry: JournalEntry): void => {
    switch (entry.kind) {
      case 'object':
        changed.push(`${entry.key} ${entry.event.startsWith('ObjectRemoved') ? 'removed' : 'changed'}`);
        flushTimer ??= setTimeout(tellChanges, BURST_MS);
        return;
      case 'execution':
        tellExecution(entry, tell);
        return;
      case 'invalidation':
        tellInvalidation(entry);
        return;
      case 'mail':
        tell(`mail to ${entry.to.join(', ')}: ${entry.subject}`);
        return;
      case 'alarm':
        if (entry.state === 'ALARM' || entry.previousState === 'ALARM')
          tell(`${entry.state}: ${entry.name}: ${entry.reason}`);
        return;
      case 'log':
        tellProblem(entry.functionName, entry.line, tell);
        return;
      case 'invocation':
        if (entry.outcome === 'timeout') tell(`${entry.functionName} timed out`);
        return;
      case 'undelivered':
        tell(`ERROR: the rule ${entry.ruleName} could not deliver an event. The event is lost.`);
        return;
      case 'call':
      case 'request':
        return;
      default:
        entry satisfies never;
    }
  };
  journal.entries.forEach(listen);
  const stop = journal.subscribe(listen);
  return () => {
    tellChanges();
    stop();
  };
}

type Execution = Extract<JournalEntry, { kind: 'execution' }>;

/** The states of infra/workflows/refresh.asl.json that are worth a line. */
const STATES: Readonly<Record<string, string>> = {
  'Invalidate: wait for quota':
    'CloudFront accepts no more invalidations for now: waiting, and open for more uploads',
  'Verify: ask the edge': 'asking the edge for every changed URL',
  'Report: fresh': 'edge verified: visitors get the new content',
  'Report: unasked': 'invalidated, but not verified: the mail and the cache panel say why',
  'Verify: second round': 'trying once more, with a new invalidation',
};

function tellExecution({ name, state, status, error, cause }: Execution, tell: (line: string) => void): void {
  if (state === 'Settle: begin') tell(`refresh ${name}: waiting until uploads are quiet`);
  const told = state === undefined ? undefined : STATES[state];
  if (told !== undefined) tell(told);
  if (state === undefined && status !== 'RUNNING' && status !== 'SUCCEEDED')
    tell([`refresh ${name} ${status}`, error, cause].filter(part => part !== undefined).join(': '));
}

function describePaths(paths: readonly string[]): string {
  const shown = paths.slice(0, NAMED_FILES).join(' ');
  const rest = paths.length - NAMED_FILES;
  return `${paths.length} ${paths.length === 1 ? 'path' : 'paths'}  ${shown}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** Functions log JSON lines. Warnings and errors among them are worth a line here. */
function tellProblem(functionName: string, line: string, tell: (line: string) => void): void {
  const problem = /^\{"level":"(WARN|ERROR|CRITICAL)","message":"((?:[^"\\]|\\.)*)"/.exec(line);
  if (problem === null) return;
  const [, level, message] = problem;
  const detail = /"(?:reason|errorMessage)":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  tell(`${level} in ${functionName}: ${message}${detail === undefined ? '' : ` (${detail})`}`);
}
