import { clearLine, cursorTo, moveCursor } from 'node:readline';
import { Writable } from 'node:stream';
import { styleText } from 'node:util';
import type { Page } from '../../infra/cli/terminal/terminal.ts';

/** A stream that keeps what is written to it. @param columns makes it a terminal of that width */
export function recordedScreen(columns?: number) {
  const written: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(chunk, _, done) {
      written.push(String(chunk));
      done();
    },
  });
  const terminal = {
    isTTY: true,
    columns,
    clearLine: (direction: -1 | 0 | 1) => clearLine(stream, direction),
    cursorTo: (x: number) => cursorTo(stream, x),
    moveCursor: (x: number, y: number) => moveCursor(stream, x, y),
  };
  return {
    stream: columns === undefined ? stream : Object.assign(stream, { ...terminal, columns }),
    /** All of it so far, without the newline at the end. */
    written: () => written.join('').replace(/\n$/, ''),
  };
}

/** A page without colours. @param width columns of the terminal; by default there is none */
export const plainPage = (width = Number.POSITIVE_INFINITY): Page => ({ width, style: (_, text) => text });

/** A page in real colours, whatever the environment says. */
export const colouredPage = (width = Number.POSITIVE_INFINITY): Page => ({
  width,
  style: (format, text) => styleText(format, text, { validateStream: false }),
});
