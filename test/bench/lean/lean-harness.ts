/** A lean processor fed with polls as objects, whose outputs come back as objects, decoded by avsc. */
import type avro from 'avsc';
import type { BrokerRecord } from '../../../pipeline/broker/port.ts';
import { avroType } from '../../../pipeline/codec/avro-type.ts';
import { HEADER_BYTES } from '../../../pipeline/codec/wire-format.ts';
import { silentOutput } from '../../support/silent-output.ts';
import { LeanProcessor } from './lean-sub-topology.ts';
import { peerSchema } from './peer-topics.ts';
import { pollEncoder, type RawPoll } from './polls.ts';

export interface ScoredRow {
  readonly if_index: number;
  readonly if_name: string;
  readonly quality: string;
  readonly metrics: readonly (Score | null)[];
}

interface Score {
  readonly value: number;
  readonly expected: number;
  readonly scale: number;
  readonly sigma: number;
}

export interface ScoredPoll {
  readonly entity: string;
  readonly poll_id: bigint;
  readonly observed_at: number;
  readonly rows: readonly ScoredRow[];
  readonly anomalies: readonly { readonly if_index: number; readonly metric: number }[];
  readonly deadLetters: readonly string[];
}

export interface LeanHarness {
  readonly encode: (poll: RawPoll) => Buffer;
  fold(poll: RawPoll): ScoredPoll;
  /** Reasons of the dead letters. */
  foldBytes(value: Buffer | null): string[];
  /** Another processor that has taken this one's state over. */
  successor(): Promise<LeanHarness>;
}

export async function leanHarness(): Promise<LeanHarness> {
  return await harness(new LeanProcessor(), {
    encode: await pollEncoder(),
    deviation: avroType(peerSchema('deviation'), 'bigint'),
    anomaly: avroType(peerSchema('anomaly'), 'bigint'),
  });
}

const EMPTY: RawPoll = { entity: '', pollId: 0, observedAtMs: 0, uptime: 0, boots: 0, rows: [] };

interface Codecs {
  readonly encode: (poll: RawPoll) => Buffer;
  readonly deviation: avro.Type;
  readonly anomaly: avro.Type;
}

async function harness(processor: LeanProcessor, codecs: Codecs): Promise<LeanHarness> {
  const { encode, deviation, anomaly } = codecs;
  await processor.prepare('raw.interface', [encode(EMPTY)]);
  const run = (value: Buffer | null, key: string) => {
    const sent: { topic: string; value: Buffer }[] = [];
    const deadLetters: string[] = [];
    const record: BrokerRecord = {
      topic: 'raw',
      partition: 0,
      offset: 0,
      appendedAtMs: 0,
      key: Buffer.from(key),
      value,
    };
    processor.fold('raw.interface', record, {
      ...silentOutput,
      send: (topic, _key, bytes) => void sent.push({ topic, value: bytes }),
      deadLetter: (_topic, _record, reason) => void deadLetters.push(reason),
    });
    return { sent, deadLetters };
  };

  return {
    encode,
    fold(poll) {
      const { sent, deadLetters } = run(encode(poll), poll.entity);
      const of = (name: string) =>
        sent.filter(({ topic }) => topic === name).map(({ value }) => value.subarray(HEADER_BYTES));
      const [scored] = of('insight.deviation').map((bytes) => deviation.fromBuffer(bytes) as ScoredPoll);
      const anomalies = of('insight.anomaly').map(
        (bytes) => anomaly.fromBuffer(bytes) as ScoredPoll['anomalies'][number],
      );
      return { ...scored!, anomalies, deadLetters };
    },
    foldBytes: (value) => run(value, '').deadLetters,
    successor() {
      const next = new LeanProcessor();
      const snapshot = processor.snapshot();
      const { columns } = snapshot.layout;
      const loader = next.load(snapshot.layout, [columns]);
      for (let unit = snapshot.next(); unit !== undefined; unit = snapshot.next())
        loader.load({ ...unit, columns });
      return harness(next, codecs);
    },
  };
}
