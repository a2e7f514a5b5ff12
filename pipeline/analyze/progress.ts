/** How far the reading is: a bar on a terminal, nothing elsewhere. What is said meanwhile stands above it. */
import { SingleBar } from 'cli-progress';
import type { Clock } from '../model/component.ts';
import { grouped } from './report/plain-text.ts';

export interface Progress {
  /** `ofBytes`: undefined where nobody knows how many there are. */
  at(readBytes: number, ofBytes: number | undefined, rows: number): void;
  say(text: string): void;
  /** Takes the bar away. */
  end(): void;
}

export interface ProgressOptions {
  readonly stream: NodeJS.WriteStream;
  readonly clock: Clock;
}

/** What is read sooner needs no bar. */
const PATIENCE_MS = 500;

export function progress({ stream, clock }: ProgressOptions): Progress {
  const say = (text: string): void => void stream.write(`${text}\n`);
  if (!stream.isTTY) return { at: () => undefined, say, end: () => undefined };
  const startMs = clock();
  let bar: SingleBar | undefined;
  const end = (): void => {
    bar?.stop();
    bar = undefined;
  };
  return {
    at(readBytes, ofBytes, rows) {
      const elapsedMs = clock() - startMs;
      if (elapsedMs < PATIENCE_MS) return;
      const isKnown = ofBytes !== undefined;
      const shown = { rows: grouped(rows), rate: grouped(Math.round((1000 * rows) / elapsedMs)) };
      if (bar === undefined) {
        bar = new SingleBar({
          stream,
          format: `${isKnown ? '[{bar}] {percentage}% ' : ''}{rows} rows, {rate} rows/s${isKnown ? ', {eta_formatted} left' : ''}`,
          clearOnComplete: true,
          barsize: 20,
        });
        bar.start(ofBytes ?? 1, readBytes, shown);
      } else bar.update(isKnown ? readBytes : 0, shown);
    },
    say(text) {
      end();
      say(text);
    },
    end,
  };
}
