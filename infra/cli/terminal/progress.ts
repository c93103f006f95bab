import yoctoSpinner from 'yocto-spinner';
import type { Screen } from './screen.ts';

/** Shows that a command is at work: one changing line on a terminal, plain lines elsewhere. */
export interface Progress {
  /** Another step begins. Without a terminal it is a line of its own. */
  step(text: string): void;
  /**
   * How far a step is. Without a terminal it is a line only now and then.
   *
   * @param text called only when it is shown, so that thousands of updates cost nothing
   */
  update(text: () => string): void;
  /** Takes the changing line away. */
  stop(): void;
}

/** Often enough for the eye. */
const CHANGE_EVERY_MS = 100;
/** A log should show that a command is alive, no more. */
const LINE_EVERY_MS = 10_000;

export function createProgress(stream: Screen, writeLine: (line: string) => void): Progress {
  return stream.isTTY === true ? changingLine(stream) : plainLines(writeLine);
}

function changingLine(stream: Screen): Progress {
  let spinner: ReturnType<typeof yoctoSpinner> | undefined;
  let shownAt = 0;
  const step = (text: string) => {
    shownAt = Date.now();
    if (spinner === undefined) spinner = yoctoSpinner({ stream, text }).start();
    else spinner.text = text;
  };
  return {
    step,
    update(text) {
      if (spinner === undefined || Date.now() - shownAt >= CHANGE_EVERY_MS) step(text());
    },
    stop() {
      spinner?.stop();
      spinner = undefined;
    },
  };
}

function plainLines(writeLine: (line: string) => void): Progress {
  let writtenAt = Date.now();
  const step = (text: string) => {
    writtenAt = Date.now();
    writeLine(text);
  };
  return {
    step,
    update(text) {
      if (Date.now() - writtenAt >= LINE_EVERY_MS) step(text());
    },
    stop: () => undefined,
  };
}
