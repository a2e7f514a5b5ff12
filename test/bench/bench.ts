/** One row of the catalogue of benches, and what a run gives to it. */
import type { Figure } from './figure.ts';

export interface Bench {
  /** As in `npm run bench -- NAME`. */
  readonly name: string;
  /** One line for `--list` and docs/performance.md. */
  readonly measures: string;
  /** Of a full run on 2 cores, roughly. */
  readonly minutes: number;
  full(context: BenchContext): Promise<Figure[]>;
  /** Small, for CI: figures of unit `ratio` are held to what was recorded (quick-ratios.ts). */
  quick?(context: BenchContext): Promise<Figure[]>;
}

/** What benches share in one run. Everything that is started here ends with the run, also at Ctrl-C. */
export interface BenchContext {
  /** For people, on standard error: what is under way. */
  progress(line: string): void;
  /** Called when the run ends in whatever way, last registered first. */
  onEnd(cleanup: () => Promise<void>): void;
  /** host:port of the run's broker. @throws ConfigError when no Kafka can be had. */
  kafka(): Promise<string>;
  /** A folder of the run's own, that PostgreSQL's user may enter. */
  folder(): Promise<string>;
}

/** A run whose output is not what it must be gives no figure. @throws Error "bench is void: ..." */
export function assertValid(condition: boolean, found: string): asserts condition {
  if (!condition) throw new Error(`bench is void: ${found}`);
}
