/** A log that says nothing, and one that remembers. */
import type { Log } from '../../pipeline/model/component.ts';

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

export interface LogEntry {
  readonly level: keyof Log;
  readonly fields: object;
  readonly message: string;
}

export function recordingLog(): Log & { readonly entries: LogEntry[] } {
  const entries: LogEntry[] = [];
  const at = (level: keyof Log) => (fields: object, message: string) =>
    void entries.push({ level, fields, message });
  return { entries, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
