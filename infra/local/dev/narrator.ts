import type { Journal, JournalEntry } from '../kernel/journal.ts';

/** Uploads within this time share a line. */
const BURST_MS = 200;
/** How many files or paths a line names. */
const NAMED = 4;

/**
 * Prints what has happened in the local cloud and what happens from now on, a line at a time.
 *
 * @returns a function that ends it
 */
export function narrate(journal: Journal, print: (line: string) => void): () => void {
  const narrator = new Narrator(print);
  const tell = (entry: JournalEntry) => narrator.tell(entry);
  journal.entries.forEach(tell);
  const stop = journal.subscribe(tell);
  return () => {
    narrator.flush();
    stop();
  };
}

type Entry<Kind extends JournalEntry['kind']> = Extract<JournalEntry, { readonly kind: Kind }>;

class Narrator {
  readonly #print: (line: string) => void;
  /** Changed files that no line has named yet. */
  readonly #changes: string[] = [];
  #flushTimer: NodeJS.Timeout | undefined;
  /** When each invalidation in progress was created, in milliseconds since the epoch. */
  readonly #createdAt = new Map<string, number>();

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  tell(entry: JournalEntry): void {
    if (entry.kind === 'object') {
      this.#collect(entry);
      return;
    }
    const line = this.#describe(entry);
    if (line === undefined) return;
    this.flush();
    this.#print(`  → ${line}`);
  }

  /** Prints the changes collected so far. */
  flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    if (this.#changes.length > 0) this.#print(firstFew(this.#changes.splice(0), ', '));
  }

  #collect({ key, event }: Entry<'object'>): void {
    this.#changes.push(`${key} ${event.startsWith('ObjectRemoved') ? 'removed' : 'changed'}`);
    this.#flushTimer ??= setTimeout(() => this.flush(), BURST_MS);
  }

  /** Undefined if the entry is not worth a line. */
  #describe(entry: Exclude<JournalEntry, Entry<'object'>>): string | undefined {
    switch (entry.kind) {
      case 'execution':
        return describeExecution(entry);
      case 'invalidation':
        return this.#describeInvalidation(entry);
      case 'mail':
        return `mail to ${entry.to.join(', ')}: ${entry.subject}`;
      case 'alarm':
        return describeAlarm(entry);
      case 'log':
        return describeProblem(entry);
      case 'invocation':
        return entry.outcome === 'timeout' ? `${entry.functionName} timed out` : undefined;
      case 'undelivered':
        return `ERROR: the rule ${entry.ruleName} could not deliver an event. The event is lost.`;
      case 'call':
      case 'request':
        return undefined;
      default:
        return entry satisfies never;
    }
  }

  #describeInvalidation({ id, paths, status }: Entry<'invalidation'>): string {
    if (status === 'InProgress') {
      this.#createdAt.set(id, Date.now());
      const count = `${paths.length} ${paths.length === 1 ? 'path' : 'paths'}`;
      return `invalidation ${id}: ${count}  ${firstFew(paths, ' ')}`;
    }
    const seconds = (Date.now() - (this.#createdAt.get(id) ?? Date.now())) / 1000;
    this.#createdAt.delete(id);
    return `Completed in ${seconds.toFixed(1)} s`;
  }
}

/** The states of infra/workflows/refresh.asl.json that are worth a line. */
const STATES: Readonly<Record<string, string>> = {
  'Invalidate: wait for quota':
    'CloudFront accepts no more invalidations for now: waiting, and open for more uploads',
  'Verify: wait for error pages': 'an error page changed: waiting until no edge can keep the former one',
  'Verify: ask the edge': 'asking the edge for every changed URL',
  'Report: fresh': 'edge verified: visitors get the new content',
  'Report: unasked': 'invalidated, but not verified: the mail and the cache panel say why',
  'Verify: second round': 'trying once more, with a new invalidation',
};

function describeExecution({ name, state, status, error, cause }: Entry<'execution'>): string | undefined {
  if (state === 'Settle: begin') return `refresh ${name}: waiting until uploads are quiet`;
  if (state !== undefined) return STATES[state];
  if (status === 'RUNNING' || status === 'SUCCEEDED') return undefined;
  return [`refresh ${name} ${status}`, error, cause].filter(part => part !== undefined).join(': ');
}

function describeAlarm({ name, state, previousState, reason }: Entry<'alarm'>): string | undefined {
  return state === 'ALARM' || previousState === 'ALARM' ? `${state}: ${name}: ${reason}` : undefined;
}

/** Functions log JSON lines. Warnings and errors among them are worth a line here. */
function describeProblem({ functionName, line }: Entry<'log'>): string | undefined {
  const problem = /^\{"level":"(WARN|ERROR|CRITICAL)","message":"((?:[^"\\]|\\.)*)"/.exec(line);
  if (problem === null) return undefined;
  const [, level, message] = problem;
  const detail = /"(?:reason|errorMessage)":"((?:[^"\\]|\\.)*)"/.exec(line)?.[1];
  return `${level} in ${functionName}: ${message}${detail === undefined ? '' : ` (${detail})`}`;
}

function firstFew(names: readonly string[], separator: string): string {
  const rest = names.length - NAMED;
  return `${names.slice(0, NAMED).join(separator)}${rest > 0 ? ` and ${rest} more` : ''}`;
}
