/** How large the checkpoint partition of a task becomes, and what is refused when something of it is gone. */
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { memoryBroker } from '../../../pipeline/broker/memory/memory-broker.ts';
import type { MemoryBroker } from '../../../pipeline/broker/memory/memory-broker.ts';
import { Reading } from '../../../pipeline/model/reading.ts';
import { CheckpointLog, type FoundManifest } from '../../../pipeline/runtime/checkpoint/checkpoint-log.ts';
import {
  CheckpointWriter,
  type FoldPosition,
} from '../../../pipeline/runtime/checkpoint/checkpoint-writer.ts';
import { LiveUnits, type UnitPlace } from '../../../pipeline/runtime/checkpoint/live-units.ts';
import { Directory } from '../../../pipeline/runtime/directory.ts';
import { loadSnapshot, takeSnapshot, wholeState } from '../../../pipeline/runtime/state-snapshot.ts';
import { StateStore } from '../../../pipeline/runtime/state-store.ts';

const TOPIC = { topic: 'checkpoints', partition: 0 };
const HOT = { name: 'last', type: 'f64', scope: 'row', group: 'hot' } as const;
const CELL = { name: 'mean', type: 'f64', scope: 'row', group: 'cell', width: 24 } as const;
const POSITION: FoldPosition = {
  foldVersion: 'one',
  inputs: new Map(),
  preload: new Map(),
  lastTickMs: Number.NaN,
};

function emptyState() {
  const store = new StateStore();
  const directory = new Directory(store);
  const context = store.context({ name: 'stage', columns: [HOT, CELL] }, new Reading());
  return { store, directory, hot: context.column(HOT), cells: context.column(CELL) };
}

/** A task's checkpoints on a broker, without the task. */
class Checkpoints {
  readonly state = emptyState();
  live = new LiveUnits();
  manifestOffset = 0;
  readonly #broker: MemoryBroker;

  constructor(broker: MemoryBroker, rows: number) {
    this.#broker = broker;
    this.state.store.newRows(rows);
  }

  async write(): Promise<CheckpointWriter> {
    const { store, directory } = this.state;
    const writer = new CheckpointWriter(takeSnapshot(store, directory), POSITION, this.live);
    const producer = this.#broker.transactionalProducer('task');
    await producer.start();
    while (!writer.isComplete) {
      const transaction = await producer.begin();
      const records = writer.take(500_000).map((record) => ({ ...TOPIC, ...record }));
      const ranges = await transaction.send(records);
      writer.begin(ranges[0]!.baseOffset, undefined);
      writer.sent(ranges);
      await transaction.commit();
    }
    const transaction = await producer.begin();
    const [range] = await transaction.send([{ ...TOPIC, ...writer.manifest() }]);
    await transaction.commit();
    await producer.stop();
    this.manifestOffset = range!.baseOffset;
    await this.#broker.deleteRecords(TOPIC, writer.neededFrom(this.manifestOffset));
    this.live = writer.live;
    return writer;
  }

  log(): CheckpointLog {
    return new CheckpointLog(this.#broker, TOPIC);
  }

  async found(): Promise<FoundManifest> {
    return this.log().manifestAt(this.manifestOffset);
  }

  /** The state that a restore gives, as checksums. */
  async restored(): Promise<Map<string, number>> {
    const found = await this.found();
    const { store, directory } = emptyState();
    const loader = loadSnapshot(found.manifest, found.manifest.layouts, store, directory);
    await this.log().load(found, (unit) => loader.load(unit));
    return sums(store, directory);
  }

  now(): Map<string, number> {
    return sums(this.state.store, this.state.directory);
  }
}

function sums(store: StateStore, directory: Directory): Map<string, number> {
  return new Map(Array.from(wholeState(store, directory), ([name, bytes]) => [name, crc32(bytes)]));
}

let broker: MemoryBroker;

beforeEach(async () => {
  broker = memoryBroker({ clock: () => 1_000, maxPartitionBytes: 1 << 30 });
  await broker.start();
  const settings = { cleanup: 'delete', retentionMs: Infinity, maxRecordBytes: 1_000_000 } as const;
  await broker.createTopics([{ topic: TOPIC.topic, partitions: 1, ...settings }]);
});
afterEach(() => broker.stop());

describe('the checkpoint partition of a task', () => {
  it('stays within three times what is live, however long some of it does not change', async () => {
    // 2 million bytes of cells and 80 thousand of hot columns.
    const rows = 10_000;
    const checkpoints = new Checkpoints(broker, rows);
    for (let slot = 0; slot < rows; slot += 1)
      for (let k = 0; k < 24; k += 1) checkpoints.state.cells.set(slot, slot + k, k);
    let amplified = 0;
    let changed = 0;
    for (let step = 1; step <= 1_200; step += 1) {
      for (let slot = 0; slot < rows; slot += 4_096) checkpoints.state.hot.set(slot, step);
      const { bytes } = await checkpoints.write();
      if (step > 600) {
        amplified += bytes;
        changed += rows * 8;
      }
      const kept = broker.stats()[0]!.bytes;
      // A floor of 16 MB of which nobody takes notice, and what manifests take.
      expect(kept).toBeLessThan(3 * checkpoints.live.bytes + (16 << 20) + 6_000_000);
      expect(checkpoints.live.logBytes).toBeLessThanOrEqual(3 * checkpoints.live.bytes + (16 << 20));
    }
    expect(amplified / changed).toBeLessThan(1.5);
    expect(await checkpoints.restored()).toEqual(checkpoints.now());
  }, 120_000);

  it('holds nothing new after a checkpoint of a state that did not change, but its manifest', async () => {
    const checkpoints = new Checkpoints(broker, 100);
    checkpoints.state.hot.set(3, 1);
    await checkpoints.write();
    const before = checkpoints.live;
    const { bytes } = await checkpoints.write();
    expect(bytes).toBe(0);
    expect([...checkpoints.live.values()]).toEqual([...before.values()]);
    expect(await checkpoints.restored()).toEqual(checkpoints.now());
  });

  it('is refused, naming the unit, when records of it are gone that a restore needs', async () => {
    const checkpoints = new Checkpoints(broker, 100);
    checkpoints.state.hot.set(3, 1);
    checkpoints.state.cells.set(3, 1, 5);
    await checkpoints.write();
    checkpoints.state.hot.set(3, 2);
    await checkpoints.write();
    const oldest = [...checkpoints.live.values()].find(({ name }) => name === 'row.cell.stage.24.5')!;
    await broker.deleteRecords(TOPIC, oldest.from + 1);
    const restore = checkpoints.restored();
    await expect(restore).rejects.toThrow(/unit row\.cell\.stage\.24\.5 .* lies at offset \d+ .* deleted/);
  });
});

describe('what is rewritten', () => {
  const unit = (name: string, bytes: number, writtenBefore: number): UnitPlace => ({
    name,
    bytes,
    writtenBefore,
    checkpoint: 'c',
    columns: [],
    slots: 0,
    from: writtenBefore,
    upTo: writtenBefore + 1,
    records: 1,
    crc32: 0,
  });

  it('keeps the log within its limit for any changes', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 8 << 20 }), { minLength: 1, maxLength: 30 });
    const changes = fc.array(fc.array(fc.nat(29), { maxLength: 6 }), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, changes, (bytes, rounds) => {
        let live = new LiveUnits();
        const write = (names: readonly number[]) => {
          let { written } = live;
          const places = names.map((n) => {
            const place = unit(String(n), bytes[n]!, written);
            written += bytes[n]!;
            return place;
          });
          live = live.with(places);
        };
        write(bytes.map((_, n) => n));
        for (const round of rounds) {
          const changed = [...new Set(round.filter((n) => n < bytes.length))];
          const rewritten = live.rewritten(changed.map((n) => ({ name: String(n), bytes: bytes[n]! })));
          expect(rewritten.filter((name) => changed.includes(Number(name)))).toEqual([]);
          if (changed.length === 0) expect(rewritten.length === 0 || live.logBytes > 16 << 20).toBe(true);
          write([...changed, ...rewritten.map(Number)]);
          expect(live.logBytes).toBeLessThanOrEqual(3 * live.bytes + (16 << 20));
        }
      }),
    );
  });
});
