import { Console } from 'node:console';
import { styleText } from 'node:util';
import { createProgress, type Progress } from './progress.ts';
import type { Screen } from './screen.ts';

/** `process`, or what stands for it in a test. */
export interface Streams {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: Screen;
  readonly stderr: Screen;
}

/** How text is laid out for one stream. */
export interface Page {
  /** Columns that a line may take; Infinity where the stream is no terminal. */
  readonly width: number;
  /** Colours a string if the stream is a terminal. Respects NO_COLOR and FORCE_COLOR. */
  readonly style: (format: Format, text: string) => string;
}

export type Format = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Where a command reads, and where it writes what. */
export interface Terminal {
  readonly input: NodeJS.ReadableStream;
  /** stdout. */
  readonly page: Page;
  /** Writes lines of what was asked for. */
  print(text: string): void;
  /** stderr. */
  readonly errorPage: Page;
  /** Writes lines about what went wrong. */
  complain(text: string): void;
  /** Ends by itself as soon as something is printed. */
  readonly progress: Progress;
}

export function openTerminal({ stdin, stdout, stderr }: Streams): Terminal {
  // A Console, because it ignores a reader that has gone away: `npm run status | head -1`.
  const out = new Console({ stdout, stderr });
  const progress = createProgress(stderr, line => out.error('%s', line));
  return {
    input: stdin,
    page: pageOf(stdout),
    print(text) {
      progress.stop();
      out.log('%s', text);
    },
    errorPage: pageOf(stderr),
    complain(text) {
      progress.stop();
      out.error('%s', text);
    },
    progress,
  };
}

function pageOf(stream: Screen): Page {
  return {
    // A terminal of unknown size says 0.
    width: (stream.isTTY && stream.columns) || Number.POSITIVE_INFINITY,
    style: (format, text) => styleText(format, text, { stream }),
  };
}
