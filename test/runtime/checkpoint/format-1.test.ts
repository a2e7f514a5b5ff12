/** A checkpoint of the format before the present one: whole chunks, read and written anew. */
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { expect, it } from '@jest/globals';
import { memoryBroker } from '../../../pipeline/broker/memory/memory-broker.ts';
import { SEGMENT_SLOTS } from '../../../pipeline/model/state.ts';
import { CheckpointLog } from '../../../pipeline/runtime/checkpoint/checkpoint-log.ts';
import type { ReadingProcessor } from '../../../pipeline/runtime/reading-processor.ts';
import { goldenInput } from '../../golden/golden-input.ts';
import { startedCodec } from '../../support/codec.ts';
import { goldenProcessor } from '../../support/golden-processor.ts';
import { stateSums } from '../../support/state-sums.ts';

const TOPIC = { topic: 'checkpoints', partition: 0 };

type Entity = [key: string, entity: { slot: number; layouts: Map<number, object> }];

/** As versions wrote them that had format 1. */
function chunksOf(processor: ReadingProcessor) {
  const { state } = processor;
  const columns = Array.from(state.columns(), ([name, { column }]) => {
    const { type, group, scope } = column.declaration;
    const layout = { name, type, width: column.width, scope: scope === 'entity' ? 'entity' : 'row', group };
    return { layout, column };
  });
  const chunks: { name: string; bytes: Uint8Array }[] = [];
  for (const scope of ['entity', 'row'] as const) {
    const slots = scope === 'entity' ? state.entities : state.rows;
    for (const group of ['hot', 'cell'] as const) {
      const members = columns.filter(({ layout }) => layout.scope === scope && layout.group === group);
      for (let first = 0; members.length > 0 && first < slots; first += SEGMENT_SLOTS) {
        const used = Math.min(SEGMENT_SLOTS, slots - first);
        const parts = members.flatMap(({ column }) =>
          Array.from({ length: group === 'hot' ? 1 : column.width }, (_, k) =>
            column.bytesOf(first, used, k),
          ),
        );
        chunks.push({ name: `${scope}.${group}.${first / SEGMENT_SLOTS}`, bytes: Buffer.concat(parts) });
      }
    }
  }
  const units = processor.wholeState();
  const named = (prefix: string) => [...units].filter(([name]) => name.startsWith(`${prefix}.`));
  const objects = named('objects').map(([name, bytes]): [string, unknown] => [
    name.slice('objects.'.length, -'.0'.length),
    deserialize(bytes),
  ]);
  const polls = named('polls').flatMap(([, bytes]) => deserialize(bytes) as Map<number, string>[]);
  const directory = named('directory')
    .flatMap(([, bytes]) => deserialize(bytes) as Entity[])
    .map(([key, entity]) => {
      const ids = polls[entity.slot]!;
      const layouts = Array.from(entity.layouts, ([part, layout]) => [
        part,
        { ...layout, pollId: ids.get(part) },
      ]);
      return [key, { ...entity, layouts: new Map(layouts as [number, object][]) }];
    });
  return {
    columns: columns.map(({ layout }) => layout),
    chunks: [
      ...chunks,
      { name: 'objects', bytes: serialize(new Map(objects)) },
      { name: 'directory', bytes: serialize(directory) },
    ],
  };
}

it('reads a checkpoint of format 1, and counts all of it as changed', async () => {
  const codec = await startedCodec();
  const { processor, fold } = goldenProcessor(codec);
  for (const record of goldenInput(codec, 7).slice(0, 4_000)) await fold(record);
  const broker = memoryBroker({ clock: () => 1_000, maxPartitionBytes: 1 << 30 });
  await broker.start();
  const settings = { cleanup: 'delete', retentionMs: Infinity, maxRecordBytes: 1_000_000 } as const;
  await broker.createTopics([{ topic: TOPIC.topic, partitions: 1, ...settings }]);
  const { columns, chunks } = chunksOf(processor);
  const records = chunks.flatMap(({ name, bytes }) =>
    Array.from({ length: Math.ceil(bytes.length / 900_000) }, (_, n) => ({
      key: Buffer.from(`chunk/old/${name}/${n}`),
      value: Buffer.from(bytes.subarray(n * 900_000, (n + 1) * 900_000)),
    })),
  );
  const manifest = {
    format: 1,
    kind: 'full',
    id: 'old',
    fold_version: 'one',
    inputs: { 'raw.interface': 12 },
    preload: {},
    last_tick_ms: null,
    from: 0,
    sent_up_to: null,
    entities: processor.state.entities,
    rows: processor.state.rows,
    columns,
    chunks: chunks.map(({ name, bytes }) => ({
      name,
      bytes: bytes.length,
      records: Math.ceil(bytes.length / 900_000),
      crc32: crc32(bytes),
    })),
  };
  const producer = broker.producer();
  await producer.start();
  await producer.send([
    ...records.map((record) => ({ ...TOPIC, ...record })),
    { ...TOPIC, key: Buffer.from('manifest'), value: Buffer.from(JSON.stringify(manifest)) },
  ]);
  await producer.stop();

  const log = new CheckpointLog(broker, TOPIC);
  const found = await log.manifestAt(records.length);
  const restored = goldenProcessor(codec).processor;
  const loader = restored.load(found.manifest, found.manifest.layouts);
  const loaded: boolean[] = [];
  await log.load(found, (unit) => loaded.push(loader.load(unit)));
  expect(loaded).toEqual(chunks.map(() => true));
  expect(stateSums(restored)).toEqual(stateSums(processor));
  const changed = new Set(restored.snapshot().changed.map(({ name }) => name));
  const missing = [...stateSums(restored).keys()].filter(
    (name) => !changed.has(name) && !name.includes('.block.'),
  );
  expect(missing).toEqual([]);
  await broker.stop();
}, 120_000);
