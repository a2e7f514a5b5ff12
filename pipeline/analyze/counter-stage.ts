/** The stage `rate` for one counter of anyone's: a catalogue of that counter and of its growth a second. */
import type { RateSettings } from '../stages/rate/rate-settings.ts';
import { rate } from '../stages/rate/rate.ts';
import type { StageDefinition } from '../stages/stage.ts';
import type { BaselinedMetric } from '../stages/baseline/baselined-metrics.ts';
import { catalogue, type Catalogue } from '../../topics/catalogue.ts';
import type { FieldRow, TopicRow } from '../../topics/row.ts';

export interface CounterStage {
  readonly stage: StageDefinition;
  /** What is judged: the growth a second. */
  readonly metric: BaselinedMetric;
  /** Columns of the reading: the counter as 64 bits, and as 32. */
  readonly wide: string;
  readonly narrow: string;
  /** What the file's numbers are multiplied by to be whole. */
  readonly scale: number;
}

/** Bytes a packet has on the wire when one more or less is chance: what a count of them is worth. */
const PACKET_BYTES = 1500;
/** Counters of seconds have decimals: they are counted in thousandths. */
const FRACTIONS = 1000;

/** `counted`: the unit of the counter. `isFractional`: it has decimals. */
export function counterStage(
  metric: string,
  counted: string,
  isFractional: boolean,
  settings: RateSettings,
): CounterStage {
  const scale = isFractional ? FRACTIONS : 1;
  const name = `${metric} per second`;
  const [wide, narrow] = [`counter ${metric}`, `counter ${metric} 32`];
  const raw: FieldRow[] = [
    { name: wide, type: 'long', kind: 'counter', unit: counted, width: 64, low: narrow, doc: 'As read.' },
    { name: narrow, type: 'long', kind: 'counter', unit: counted, width: 32, doc: 'As read, below 2^32.' },
  ];
  const rateUnit = `${counted}/s`;
  const derived: FieldRow = {
    name,
    type: 'double',
    kind: 'gauge',
    unit: rateUnit,
    derive: { kind: 'rate', of: [wide], factor: 1 / scale },
    doc: 'Growth a second.',
  };
  const own: Catalogue = {
    ...catalogue,
    'raw.interface': withRows(catalogue['raw.interface'], raw),
    'metric.interface': withRows(catalogue['metric.interface'], [derived]),
  };
  // A series is a device of one counter here: that it stands still does not mean that the agent does.
  const stage = rate(own, { ...settings, staleMs: 0, staleIntervals: 0 });
  const quantum = isFractional ? 0 : counted === 'By' ? PACKET_BYTES : 1;
  return { stage, metric: { name, unit: rateUnit, quantum }, wide, narrow, scale };
}

/** UCUM, from what the file says or from the counter's name. */
export function countedUnit(metric: string, unit: string | null): string {
  if (unit !== null) return /^(b|by|bytes?|octets?)$/i.test(unit) ? 'By' : unit;
  if (/octets|bytes/i.test(metric)) return 'By';
  if (/packets?|pkts|discards|drops/i.test(metric)) return '{packet}';
  return /errors?/i.test(metric) ? '{error}' : '{count}';
}

function withRows(topic: TopicRow, rows: readonly FieldRow[]): TopicRow {
  const fields = topic.value.fields.map((field) =>
    field.name === 'rows' &&
    typeof field.type === 'object' &&
    'array' in field.type &&
    field.type.array !== 'string'
      ? { ...field, type: { array: { ...field.type.array, fields: rows } } }
      : field,
  );
  return { ...topic, value: { ...topic.value, fields } };
}
