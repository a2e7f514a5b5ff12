/** What a topic's specification means in Kafka's settings, and how a setting that is there is brought to it. */
import type { TopicSpec } from '../port.ts';

/** Settings by name, as Kafka writes them. */
export type TopicSettings = ReadonlyMap<string, string>;

interface Wanted {
  readonly name: string;
  readonly value: string;
  /** atLeast: an operator may have chosen more. */
  readonly rule: 'exactly' | 'atLeast';
}

/** Header of a batch (61 bytes) and framing of a record with some headers, which `maxRecordBytes` does not count. */
export const FRAMING_BYTES = 512;
/** Kafka's limit is one of batches, as they are stored. Producers fill them up to about 900 KB, others to 1 MiB. */
const FULL_BATCH_BYTES = 1_048_576 + 65_536;
/** A topic of records smaller than this has no use for full batches: its limit stays one of records. */
const SMALL_RECORD_BYTES = 10_000;

/** Records below a deleted offset go with their segment only: with Kafka's 1 GiB they would go never. */
const DELETED_SEGMENT_BYTES = 128 * 1024 * 1024;

const FOREVER = -1;

function wanted(spec: TopicSpec): readonly Wanted[] {
  const retentionMs = spec.retentionMs === Infinity ? FOREVER : spec.retentionMs;
  return [
    exactly('cleanup.policy', spec.cleanup),
    // Retention and seeking by time follow the append: history loaded today is not deleted today.
    exactly('message.timestamp.type', 'LogAppendTime'),
    atLeast('max.message.bytes', maxMessageBytes(spec.maxRecordBytes)),
    ...(spec.cleanup === 'delete'
      ? [
          atLeast('retention.ms', retentionMs),
          // Never by age means not by size either.
          ...(retentionMs === FOREVER ? [atLeast('retention.bytes', FOREVER)] : []),
        ]
      : compacted(retentionMs)),
  ];
}

/**
 * A task that comes back folds again what it had folded since its last checkpoint, and needs every record of it: so
 * nothing is compacted, and no tombstone goes, before its retention is over. That is the retention of the raw topics,
 * beyond which a task has lost records anyway, and far above the longest time between two checkpoints (a day).
 */
function compacted(retentionMs: number): readonly Wanted[] {
  const lagMs = retentionMs === FOREVER ? Number.MAX_SAFE_INTEGER : retentionMs;
  return [atLeast('min.compaction.lag.ms', lagMs), atLeast('delete.retention.ms', lagMs)];
}

function maxMessageBytes(maxRecordBytes: number): number {
  const bytes = maxRecordBytes + FRAMING_BYTES;
  return maxRecordBytes < SMALL_RECORD_BYTES ? bytes : Math.max(bytes, FULL_BATCH_BYTES);
}

/** All settings of a topic that is to be created. */
export function settingsOf(spec: TopicSpec, replicationFactor: number): TopicSettings {
  const settings = new Map(wanted(spec).map(({ name, value }) => [name, value]));
  if (spec.cleanup === 'delete' && spec.retentionMs === Infinity) {
    settings.set('segment.bytes', String(DELETED_SEGMENT_BYTES));
  }
  // With three copies a commit is on two before it counts, and one broker may be away.
  if (replicationFactor >= 3) settings.set('min.insync.replicas', '2');
  return settings;
}

export interface SettingChange {
  readonly setting: string;
  readonly from: string;
  readonly to: string;
}

/** What must change in the settings of a topic that is there. Nothing is ever shortened. */
export function changedSettings(spec: TopicSpec, there: TopicSettings): readonly SettingChange[] {
  return wanted(spec).flatMap(({ name, value, rule }) => {
    const from = there.get(name) ?? '';
    const suffices = rule === 'exactly' ? sameWords(from, value) : amount(from) >= amount(value);
    return suffices ? [] : [{ setting: name, from, to: value }];
  });
}

function exactly(name: string, value: string): Wanted {
  return { name, value, rule: 'exactly' };
}

function atLeast(name: string, value: number): Wanted {
  return { name, value: String(value), rule: 'atLeast' };
}

/** NaN, which suffices for nothing, when there is no value. */
function amount(value: string): number {
  if (value === '') return Number.NaN;
  return value === String(FOREVER) ? Infinity : Number(value);
}

/** Policies are a list whose order means nothing. */
function sameWords(a: string, b: string): boolean {
  const words = (text: string) => text.split(',').sort().join();
  return words(a) === words(b);
}
