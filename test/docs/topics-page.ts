/** Every topic with its fields, from the catalogue. */
import { formatDuration } from '../../pipeline/config/duration.ts';
import { catalogue, type Catalogue } from '../../topics/catalogue.ts';
import { internalTopics } from '../../topics/checkpoint.ts';
import type { FieldRow, FieldType, RecordRow, RoutingClass, TopicRow } from '../../topics/row.ts';
import { code, table } from './table.ts';

const CLASSES: Readonly<Record<RoutingClass, string>> = {
  entity: 'partition by the hash of the key',
  broadcast: 'every record in every partition',
  repartition: 'internal, partition by the hash of the domain',
  domain: 'partition by the hash of the domain',
  other: 'partition by the hash of the key, read by no task',
};

type Settings = Pick<TopicRow, 'cleanup' | 'retentionMs' | 'maxRecordBytes'>;

export function topicsPage(from: Catalogue = catalogue): string {
  const topics: readonly TopicRow[] = Object.values(from);
  const overview = table(
    ['topic', 'one record is', 'class', 'key', 'cleanup', 'kept', 'largest record'],
    [
      ...topics.map((row) => [
        `[${row.name}](#${anchor(row.name)})`,
        row.doc,
        row.class,
        row.key,
        ...settings(row),
      ]),
      ...internalTopics.map((row) => [row.name, `${row.doc} Not Avro.`, row.class, 'none', ...settings(row)]),
    ],
  );
  const classes = table(['class', 'where a record goes'], Object.entries(CLASSES));
  return [
    '# Topics',
    "Records are Avro in Confluent's wire format; subjects are `<topic>-value`, FULL_TRANSITIVE. Fields are null by default unless they are required. Compacted topics keep every record for the time shown, then the last one of each key. Every topic has `broker.partitions` partitions and the broker's time (LogAppendTime).",
    overview,
    classes,
    ...topics.flatMap(topicSection),
  ].join('\n\n');
}

function settings({ cleanup, retentionMs, maxRecordBytes }: Settings): string[] {
  return [
    cleanup,
    retentionMs === Infinity ? 'until deleted' : formatDuration(retentionMs),
    `${maxRecordBytes / 1000} kB`,
  ];
}

function topicSection(topic: TopicRow): string[] {
  const [outer, ...inner] = records(topic.value);
  return [
    `## ${topic.name}`,
    `${topic.doc} Key: ${topic.key}.`,
    fieldTable(outer!),
    ...inner.flatMap((record) => [`### ${topic.name}: ${record.record}`, record.doc, fieldTable(record)]),
  ];
}

/** The record and those within it, each once. */
function records(row: RecordRow, seen = new Set<string>()): RecordRow[] {
  if (seen.has(row.record)) return [];
  seen.add(row.record);
  return [
    row,
    ...row.fields.flatMap(({ type }) =>
      typeof type === 'object' && 'array' in type && type.array !== 'string' ? records(type.array, seen) : [],
    ),
  ];
}

function fieldTable({ fields }: RecordRow): string {
  return table(
    ['field', 'type', 'unit', 'kind', 'meaning'],
    fields.map((field) => [code(field.name), typeText(field), field.unit ?? '', field.kind ?? '', field.doc]),
  );
}

function typeText({ type, required }: FieldRow): string {
  return `${typeName(type)}${required === true ? ', required' : ''}`;
}

function typeName(type: FieldType): string {
  if (typeof type === 'string') return type === 'timestamp' ? 'timestamp (ms)' : type;
  if ('enum' in type) return type.symbols.join(' / ');
  return `array of ${type.array === 'string' ? 'string' : type.array.record}`;
}

/** As GitHub makes them of headings. */
function anchor(heading: string): string {
  return heading.replaceAll('.', '');
}
