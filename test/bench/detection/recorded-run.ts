/** Runs that were kept: a JSON file a command, from which docs/detection.md is made. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { thisCommit, thisMachine, type Machine } from '../machine.ts';

const FOLDER = new URL('../recorded/detection/', import.meta.url);

export interface RecordedRun<R> {
  readonly name: string;
  /** ISO day. */
  readonly date: string;
  /** Of what was measured; ends with "+" where files were changed. */
  readonly commit: string;
  readonly machine: Machine;
  /** What was measured on, as whoever recorded it says. */
  readonly conditions: string;
  readonly report: R;
}

/** What was recorded under this name; undefined when nothing was. */
export function readRun<R>(name: string, folder = FOLDER): RecordedRun<R> | undefined {
  const file = new URL(`${name}.json`, folder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RecordedRun<R>) : undefined;
}

/** Replaces what was recorded under this name. */
export function writeRun(name: string, report: unknown, conditions: string, folder = FOLDER): void {
  const run: RecordedRun<unknown> = {
    name,
    date: new Date().toISOString().slice(0, 10),
    commit: thisCommit(),
    machine: thisMachine(),
    conditions,
    report,
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${name}.json`, folder), `${JSON.stringify(run, undefined, 2)}\n`);
}
