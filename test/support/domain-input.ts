/** What tasks of `entity` send those of `domain`, for tests: a log in the order of one partition. */
import type { Codec } from '../../pipeline/codec/port.ts';
import { Folding } from '../../pipeline/runtime/folding.ts';
import { RecordProcessor } from '../../pipeline/runtime/record-processor.ts';
import type { ProcessorOutput } from '../../pipeline/runtime/sub-topology.ts';
import {
  BASELINE_DEFAULTS,
  type BaselineSettings,
} from '../../pipeline/stages/baseline/baseline-settings.ts';
import { domainTopology } from '../../pipeline/topology.ts';
import { catalogue, type TopicName } from '../../topics/catalogue.ts';
import {
  summaryInput,
  tickInput,
  WINDOW_MS,
  type DomainInputRecord,
  type WindowSummary,
} from '../../topics/domain.ts';
import { silentOutput } from './silent-output.ts';

export const tick = tickInput;

/** A summary of one metric, of device `n` at site `n % 2`. */
export function summaryOf(
  n: number,
  windowMs: number,
  total: number,
  sentAtMs = windowMs + WINDOW_MS,
  changes: Partial<WindowSummary> = {},
): DomainInputRecord {
  const summary: WindowSummary = {
    domain: 'default',
    entity: `default/device/d${n}`,
    site_id: n % 2,
    time_zone: 'Europe/Berlin',
    device_role: 'router',
    window_start: windowMs,
    metrics: [{ metric_name: 'rx_bps', total, rows: 10, weight: total }],
    ...changes,
  };
  return summaryInput(summary, sentAtMs);
}

export interface DomainFold {
  readonly processor: RecordProcessor;
  readonly folding: Folding<RecordProcessor>;
  /** `<topic> <key> <value in hex>`, in their order. */
  readonly sent: string[];
  readonly refused: string[];
  readonly outcomes: ReadonlyMap<string, number>;
  fold(...records: readonly DomainInputRecord[]): Promise<void>;
  foldBytes(value: Buffer | null): Promise<void>;
}

export function domainFold(codec: Codec, settings: Partial<BaselineSettings> = {}): DomainFold {
  const topology = domainTopology(catalogue, { baseline: { ...BASELINE_DEFAULTS, ...settings } });
  const folding = new Folding(() => new RecordProcessor({ codec, topology }));
  const encoder = codec.recordEncoder(topology.input);
  const sent: string[] = [];
  const refused: string[] = [];
  const outcomes = new Map<string, number>();
  const note = (topic: TopicName, key: Buffer | null, value: Buffer) =>
    void sent.push(`${topic} ${key?.toString() ?? ''} ${value.toString('hex')}`);
  const out: ProcessorOutput = {
    ...silentOutput,
    send: note,
    repartition: note,
    deadLetter: (_topic, _record, reason, detail) => void refused.push(`${reason}: ${detail}`),
    count: (stage, outcome, by = 1) =>
      void outcomes.set(`${stage}.${outcome}`, (outcomes.get(`${stage}.${outcome}`) ?? 0) + by),
  };
  let offset = 0;
  const foldBytes = async (value: Buffer | null): Promise<void> => {
    await folding.processor.prepare(topology.input, [value]);
    const place = { topic: topology.input, partition: 0, offset, appendedAtMs: 1_000 * offset };
    offset += 1;
    folding.fold(topology.input, { ...place, key: null, value }, out);
  };
  return {
    get processor() {
      return folding.processor;
    },
    folding,
    sent,
    refused,
    outcomes,
    foldBytes,
    async fold(...records) {
      for (const record of records) await foldBytes(encoder.encode(record));
    },
  };
}
