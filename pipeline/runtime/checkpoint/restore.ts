/**
 * Brings a task to where its last transaction left it: the state of the last checkpoint, then everything that was
 * folded since, silently, in the journal's order.
 *
 *   committed offsets -> manifest (their metadata, else the last one of the partition) -> units -> journal -> refold
 *
 * Nothing at all to be found is a new task; a part of it missing is a loss, and refused.
 */
import { setImmediate } from 'node:timers/promises';
import type { Broker, BrokerRecord, CommittedOffset } from '../../broker/port.ts';
import { PermanentError } from '../../model/errors.ts';
import type { TopicName } from '../../../topics/catalogue.ts';
import type { Folding } from '../folding.ts';
import { formatOneChunk } from '../state-format-1.ts';
import type { ProcessorOutput } from '../sub-topology.ts';
import type { CheckpointLog, FoundManifest } from './checkpoint-log.ts';
import type { JournalRun } from './journal.ts';
import { LiveUnits } from './live-units.ts';
import { decodePointer, type Manifest } from './manifest.ts';

export interface RestoreDeps {
  readonly broker: Broker;
  readonly partition: number;
  readonly log: CheckpointLog;
  readonly folding: Folding;
  /** By topic, as the broker names it. */
  readonly inputs: ReadonlyMap<TopicName, string>;
  /** Of this task's partition, read after fencing. */
  readonly committed: ReadonlyMap<TopicName, CommittedOffset>;
  /** Begin with an empty state where the committed offsets are, if the checkpoint is lost. */
  readonly startAnew: boolean;
  /** What refolding sends has been sent before: only this hears of it. */
  readonly refolded: (topic: TopicName, value: Buffer) => void;
  readonly progress: (done: number, total: number) => void;
  readonly signal: AbortSignal;
}

export interface Restored {
  /** Next offset of each input that was ever folded or checkpointed. */
  readonly inputs: ReadonlyMap<TopicName, number>;
  readonly manifestOffset: number;
  readonly checkpointedAtMs: number;
  readonly checkpoint: Manifest['kind'];
  readonly foldVersion: string;
  /** Reconciled records that were sent before the checkpoint lie below; undefined where nobody knows. */
  readonly sentUpTo: number | undefined;
  /** Where the state lies in the log. */
  readonly live: LiveUnits;
  /** Records of the journal that were folded again. */
  readonly refolded: number;
}

/** undefined for a task that never ran. @throws PermanentError, saying what is lost and what to do. */
export async function restore(deps: RestoreDeps): Promise<Restored | undefined> {
  try {
    const found = await findManifest(deps);
    return found === undefined ? undefined : await restoreFrom(found, deps);
  } catch (cause) {
    if (!(cause instanceof PermanentError)) throw cause;
    const { partition, startAnew, folding } = deps;
    if (!startAnew) {
      throw new PermanentError(
        `the state of task ${partition} cannot be restored: mend what is named, or start once with ` +
          'runtime.lost_state: start_anew (an empty state, from the committed offsets on: baselines are learned anew)',
        { cause },
      );
    }
    folding.beginAnew();
    return undefined;
  }
}

async function restoreFrom(found: FoundManifest, deps: RestoreDeps): Promise<Restored> {
  const { manifest, offset, appendedAtMs } = found;
  const { folding, log } = deps;
  const loader = folding.processor.load(manifest, manifest.layouts);
  const dropped: string[] = [];
  const journal = await log.load(found, (unit) => {
    // What an older format wrote is written anew by the next checkpoint.
    if (!loader.load(unit) || formatOneChunk(unit.name) !== undefined) dropped.push(unit.name);
  });
  folding.continueFrom(offsetMap(manifest.preload), manifest.last_tick_ms ?? Number.NaN);
  const inputs = offsetMap(manifest.inputs);
  const refolded = await refold(journal, inputs, deps);
  assertCommitted(inputs, deps);
  return {
    inputs,
    manifestOffset: offset,
    checkpointedAtMs: appendedAtMs,
    checkpoint: manifest.kind,
    foldVersion: manifest.fold_version,
    sentUpTo: manifest.sent_up_to ?? undefined,
    live: LiveUnits.of(manifest).without(dropped),
    refolded,
  };
}

async function findManifest({ log, committed }: RestoreDeps): Promise<FoundManifest | undefined> {
  const pointers = [...committed.values()].flatMap(({ metadata }) => decodePointer(metadata) ?? []);
  // An input that was none for a while still has the pointer of its last commit.
  if (pointers.length > 0) return log.manifestAt(Math.max(...pointers));
  const { found, isEmpty } = await log.lastManifest();
  if (found !== undefined) return found;
  if (committed.size === 0 && isEmpty) return undefined;
  throw new PermanentError(
    committed.size > 0
      ? 'the group has committed offsets and there is no checkpoint: its topic was made anew, or emptied'
      : 'the checkpoint partition holds records and no manifest',
  );
}

function offsetMap(offsets: Readonly<Record<string, number>>): Map<TopicName, number> {
  return new Map(Object.entries(offsets) as [TopicName, number][]);
}

/** Folds the journal's runs in their order and moves `positions` along. @returns how many records that were. */
async function refold(
  journal: readonly JournalRun[],
  positions: Map<TopicName, number>,
  deps: RestoreDeps,
): Promise<number> {
  const { folding, inputs, partition, signal, progress } = deps;
  const silent: ProcessorOutput = {
    send: (topic, _key, value) => deps.refolded(topic, value),
    repartition: (topic, _key, value) => deps.refolded(topic, value),
    deadLetter() {},
    count() {},
    countRows() {},
  };
  const total = journal.reduce((sum, { records }) => sum + records, 0);
  const ends = new Map<TopicName, number>();
  for (const { topic, upTo } of journal) ends.set(topic, upTo);
  const cursors = new Map<TopicName, AsyncGenerator<BrokerRecord, void, undefined>>();
  let done = 0;
  progress(done, total);
  for (const { topic, upTo, records } of journal) {
    const physical = inputs.get(topic);
    if (physical === undefined) {
      throw new PermanentError(
        `task ${partition} folded ${records} records of ${topic} since its last checkpoint, and ${topic} is no ` +
          'input any more: run the version that wrote them and stop it cleanly (it checkpoints), then upgrade',
      );
    }
    let cursor = cursors.get(topic);
    if (cursor === undefined) {
      const from = positions.get(topic) ?? (await earliestOf(deps, physical));
      cursor = readAhead(deps, topic, physical, from, ends.get(topic)!);
      cursors.set(topic, cursor);
    }
    for (let left = records; left > 0; left -= 1) {
      const next = await cursor.next();
      if (next.done === true || next.value.offset >= upTo) throw gone(topic, partition, upTo, left, records);
      const record = next.value;
      folding.fold(topic, record, silent);
      positions.set(topic, record.offset + 1);
      done += 1;
      if (done % 256 === 0) {
        progress(done, total);
        // Heartbeats and other tasks live on the same event loop.
        await setImmediate();
        signal.throwIfAborted();
      }
    }
    if (positions.get(topic) !== upTo) throw gone(topic, partition, upTo, 0, records);
  }
  progress(done, total);
  return done;
}

/** Where an input began that is new since the checkpoint; had it lost records since, the journal's count would tell. */
async function earliestOf({ broker, partition }: RestoreDeps, topic: string): Promise<number> {
  const found = (await broker.offsets(topic)).find((one) => one.partition === partition);
  if (found === undefined) throw new PermanentError(`topic ${topic} has no partition ${partition}`);
  return found.earliest;
}

async function* readAhead(
  { broker, partition, folding }: RestoreDeps,
  topic: TopicName,
  physical: string,
  from: number,
  to: number,
): AsyncGenerator<BrokerRecord, void, undefined> {
  try {
    for await (const { records } of broker.readRange({ topic: physical, partition }, from, to)) {
      await folding.processor.prepare(
        topic,
        records.map(({ value }) => value),
      );
      yield* records;
    }
  } catch (cause) {
    if (!(cause instanceof PermanentError)) throw cause;
    throw new PermanentError(
      `task ${partition} cannot read ${topic} from ${from} to ${to} again, which it folded since its last ` +
        'checkpoint: the retention of the topic must be longer than runtime.checkpoint_interval and any outage',
      { cause },
    );
  }
}

function gone(
  topic: TopicName,
  partition: number,
  upTo: number,
  missing: number,
  records: number,
): PermanentError {
  return new PermanentError(
    `the journal says ${records} records of ${topic}[${partition}] up to offset ${upTo}, and ${missing} of them ` +
      'are not there: the topic was made anew, cut, or compacted too early (min.compaction.lag.ms)',
  );
}

/** Somebody may have moved the group's offsets by hand: outputs would be missing or come twice. */
function assertCommitted(
  inputs: ReadonlyMap<TopicName, number>,
  { committed, partition }: RestoreDeps,
): void {
  for (const [topic, { offset }] of committed) {
    const folded = inputs.get(topic);
    if (folded === undefined || folded === offset) continue;
    throw new PermanentError(
      `the group has committed offset ${offset} of ${topic}[${partition}], and the journal ends at ${folded}: the ` +
        "group's offsets were moved by hand; set them back, or delete them (the journal says where to go on)",
    );
  }
}
