import { describe, expect, it } from '@jest/globals';
import type { ProducerRecord } from '../../../pipeline/broker/port.ts';
import type { Codec } from '../../../pipeline/codec/port.ts';
import { PollRecords, type PollReport } from '../../../pipeline/collect/snmp/poll-records.ts';
import { PolledTable } from '../../../pipeline/collect/snmp/polled-table.ts';
import type { Reading } from '../../../pipeline/model/reading.ts';
import { catalogue, rowFields, type Catalogue } from '../../../topics/catalogue.ts';
import { NAMING, startedCodec } from '../../support/codec.ts';
import { deviceRecord } from '../../support/inventory-records.ts';

const DEVICE = deviceRecord('r1', { zone: 'lab' });

function tableOf(indexes: readonly number[]): PolledTable {
  const table = new PolledTable(rowFields(catalogue['raw.interface']), new Set(['if_alias', 'in_octets']));
  for (const index of indexes) {
    const row = table.row(index);
    const alias = table.column('if_alias');
    if (alias.kind === 'text') alias.set(row, `port ${index}`);
  }
  return table;
}

const report = (table: PolledTable | undefined): PollReport => ({
  status: table === undefined ? 'failed' : 'complete',
  collection: table === undefined ? 'timeout' : 'success',
  errors: table === undefined ? ['timeout'] : [],
  table,
  agent: undefined,
  startedAtMs: 1_700_000_000_000,
  endedAtMs: 1_700_000_000_300,
  requests: 2,
  retries: 1,
  lateMs: 5,
  missedPolls: 3,
});

async function records(from: Catalogue = catalogue) {
  const codec = await startedCodec(from);
  const encoder = new PollRecords({
    codec,
    catalogue: from,
    naming: NAMING,
    partitions: 12,
    collectorId: 'c1',
    random: () => 0.5,
  });
  return { codec, encoder };
}

async function decoded(codec: Codec, { value }: ProducerRecord): Promise<Reading> {
  const decoder = codec.readingDecoder('raw.interface');
  await decoder.prepare([value]);
  const into = codec.newReading('raw.interface');
  expect(decoder.decode(value!, into)).toBeUndefined();
  return into;
}

describe('the records of a poll', () => {
  it('are observed in the middle of the poll, rows in the order of ifIndex', async () => {
    const { codec, encoder } = await records();
    const [reading, audit] = encoder.of(DEVICE, report(tableOf([7, 2, 2 ** 24 + 1, 0])), true);
    const into = await decoded(codec, reading!);
    expect(into).toMatchObject({
      observedAtMs: 1_700_000_000_150,
      durationMs: 300,
      intervalMs: 60_000,
      deviceIp: '192.0.2.1',
      sysUptime: Number.NaN,
    });
    expect([...into.number('if_index').values.slice(0, 4)]).toEqual([0, 2, 7, 2 ** 24 + 1]);
    expect([0, 1, 2, 3].map((row) => into.text('if_alias').get(row))).toEqual(
      [0, 2, 7, 2 ** 24 + 1].map((index) => `port ${index}`),
    );
    expect(audit!.topic).toBe('ops.collection');
    const audits = codec.recordDecoder('ops.collection');
    await audits.prepare([audit!.value]);
    expect(audits.decode(audit!.value!)).toMatchObject({
      record: { poll_id: into.pollId, late_ms: 5, missed_polls: 3, retries: 1, duration_ms: 300 },
    });
  });

  it('have ids of version 7 that begin with the time of the poll', async () => {
    const { codec, encoder } = await records();
    const into = await decoded(codec, encoder.of(DEVICE, report(undefined), false)[0]!);
    expect(into.pollId).toMatch(/^018bcfe5-6800-7/);
    expect(into).toMatchObject({ status: 'failed', errors: ['timeout'], rowCount: 0, part: 1, parts: 1 });
  });

  it('are split further where a part exceeds what the topic takes', async () => {
    const small = { ...catalogue['raw.interface'], maxRecordBytes: 2_000 };
    const { encoder } = await records({ ...catalogue, 'raw.interface': small });
    const sent = encoder.of(DEVICE, report(tableOf(Array.from({ length: 300 }, (_, i) => i))), false);
    expect(sent.length).toBeGreaterThan(1);
    expect(Math.max(...sent.map(({ value }) => value!.length))).toBeLessThanOrEqual(2_000);
  });
});
