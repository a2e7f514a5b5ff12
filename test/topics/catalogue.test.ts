import { describe, expect, it } from '@jest/globals';
import avro from 'avsc';
import { avroSchema } from '../../topics/avro.ts';
import { catalogue, checkpointTopicName, rowFields, topicName, topicSpecs } from '../../topics/catalogue.ts';
import type { FieldRow, RecordRow, TopicRow } from '../../topics/row.ts';
import { staleSchemas } from '../../topics/schemas.ts';

const topics: TopicRow[] = Object.values(catalogue);

function recordsOf(row: RecordRow): RecordRow[] {
  const nested = row.fields.flatMap(({ type }) =>
    typeof type === 'object' && 'array' in type && type.array !== 'string' ? recordsOf(type.array) : [],
  );
  return [row, ...nested];
}

describe('topic catalogue', () => {
  it.each(topics.map((topic) => [topic.name, topic] as const))(
    '%s has a valid Avro schema',
    (_name, topic) => {
      expect(avro.Type.forSchema(avroSchema(topic) as unknown as avro.Schema).typeName).toBe('record');
    },
  );

  it.each(topics.map((topic) => [topic.name, topic] as const))(
    '%s documents and names its fields in snake_case',
    (_name, topic) => {
      for (const { fields } of recordsOf(topic.value)) {
        const names = fields.map(({ name }) => name);
        expect(new Set(names).size).toBe(names.length);
        for (const { name, doc } of fields) {
          expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
          expect(doc).toMatch(/\S/);
        }
      }
    },
  );

  it('matches the committed schemas (npm run schemas writes them)', () => {
    expect(staleSchemas()).toEqual([]);
  });

  it('names rows by the key they stand under', () => {
    expect(topics.map(({ name }) => name)).toEqual(Object.keys(catalogue));
  });

  it('derives metrics only from raw counters and metrics that stand before them', () => {
    const raw = new Set(
      rowFields(catalogue['raw.interface'])
        .filter(({ width }) => width)
        .map(({ name }) => name),
    );
    const known = new Set<string>();
    for (const field of rowFields(catalogue['metric.interface'])) {
      for (const source of sourcesOf(field)) {
        expect(field.derive?.kind === 'rate' ? raw : known).toContain(source);
      }
      known.add(field.name);
    }
  });

  it('pairs each 64-bit counter with a 32-bit one', () => {
    const fields = rowFields(catalogue['raw.interface']);
    for (const { name, low } of fields.filter(({ width }) => width === 64)) {
      expect([name, fields.find((field) => field.name === low)?.width]).toEqual([name, 32]);
    }
  });

  it('keeps baselines to about ten metrics a port, each with its quantum', () => {
    const judged = rowFields(catalogue['metric.interface']).filter(({ baseline }) => baseline);
    expect(judged).toHaveLength(10);
    expect(judged.filter(({ quantum }) => quantum === undefined)).toEqual([]);
  });

  it('adds prefix and generation to a topic name', () => {
    expect(topicName(catalogue['raw.interface'], { prefix: 'lab.', generation: 'r2' })).toBe(
      'lab.raw.interface.r2',
    );
  });
});

function sourcesOf({ derive }: FieldRow): readonly string[] {
  if (derive === undefined) return [];
  switch (derive.kind) {
    case 'rate':
    case 'busiest':
    case 'larger':
      return derive.of;
    case 'utilization':
      return [derive.of];
    case 'ppm':
      return [derive.errors, ...derive.all];
  }
}

describe('topics for the broker', () => {
  const naming = { prefix: 'lab.', generation: 'r2' };
  const specs = topicSpecs(catalogue, naming, 12);

  it('are those of the catalogue and the checkpoints, all with the same partition count', () => {
    const names = specs.map(({ topic }) => topic);
    expect(names).toEqual([
      ...topics.map((row) => topicName(row, naming)),
      checkpointTopicName('entity', naming),
      checkpointTopicName('domain', naming),
    ]);
    expect(new Set(specs.map(({ partitions }) => partitions))).toEqual(new Set([12]));
  });

  it('checkpoints are never deleted by age: a silent partition needs its last one', () => {
    const names = ['entity', 'domain'].map((name) => `lab.netsigma.checkpoint.${name}.r2`);
    const settings = {
      partitions: 12,
      cleanup: 'delete',
      retentionMs: Infinity,
      maxRecordBytes: 1_000_000,
    } as const;
    expect(specs.slice(-2)).toEqual(names.map((topic) => ({ topic, ...settings })));
  });
});
