/**
 * One lifecycle for everything that runs: constructed inert, started in order, stopped in reverse order.
 * `stop` flushes what it holds, waits until nothing of the component runs any more, and may be called twice.
 */
export interface Component {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Milliseconds since 1970-01-01T00:00:00Z. The only source of wall time; tests pass their own. */
export type Clock = () => number;

/** What components need of a logger (pino's shape): fields first, a constant message second. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
