/** Full runs that were kept: a JSON file a bench, from which docs/performance.md is made. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import type { Figure } from './figure.ts';
import type { Machine } from './machine.ts';

const FOLDER = new URL('recorded/', import.meta.url);

export interface Recording {
  readonly bench: string;
  /** ISO day. */
  readonly date: string;
  /** Of what was measured; ends with "+" where files were changed. */
  readonly commit: string;
  readonly machine: Machine;
  /** What else the machine did, as whoever recorded it says. */
  readonly conditions: string;
  readonly figures: readonly Figure[];
}

/** What was recorded of a bench; undefined when nothing was. */
export function readRecording(bench: string, folder = FOLDER): Recording | undefined {
  const file = fileOf(bench, folder);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Recording) : undefined;
}

/** Replaces what was recorded of the bench. */
export function writeRecording(recording: Recording, folder = FOLDER): void {
  writeFileSync(fileOf(recording.bench, folder), `${JSON.stringify(recording, undefined, 2)}\n`);
}

function fileOf(bench: string, folder: URL): URL {
  return new URL(`${bench}.json`, folder);
}
