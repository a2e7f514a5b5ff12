/** What people say of the anomalies of an input: which there are is found out by folding it. */
import type { Codec } from '../../pipeline/codec/port.ts';
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import type { StageSettings } from '../../pipeline/topology.ts';
import { ruleKey, type Verdict } from '../../topics/rules.ts';
import { goldenProcessor } from '../support/golden-processor.ts';
import { verdict } from '../support/rule.ts';
import type { GoldenRecord } from './golden-input.ts';

interface Saying {
  readonly verdict: Verdict;
  /** A second later nobody says so any more. */
  readonly withdrawn?: boolean;
}

/** The input with what `sayingOf` the n-th anomaly, a second after it was last heard of. */
export async function withVerdicts(
  codec: Codec,
  input: readonly GoldenRecord[],
  sayingOf: (anomaly: AnomalyRecord, n: number) => Saying,
  settings?: StageSettings,
): Promise<GoldenRecord[]> {
  const sent: { readonly value: Buffer; readonly atMs: number }[] = [];
  let atMs = 0;
  const processor = goldenProcessor(codec, {
    ...(settings && { settings }),
    out: {
      send(topic, _key, value) {
        if (topic === 'insight.anomaly') sent.push({ value, atMs });
      },
    },
  });
  for (const record of input) {
    atMs = record.appendedAtMs;
    await processor.fold(record);
  }
  const decoder = codec.recordDecoder('insight.anomaly');
  await decoder.prepare(sent.map(({ value }) => value));
  const heard = new Map<string, { readonly anomaly: AnomalyRecord; readonly heardAtMs: number }>();
  for (const { value, atMs: heardAtMs } of sent) {
    const outcome = decoder.decode(value);
    if (outcome.kind === 'deadLetter') throw new Error(`${outcome.reason}: ${outcome.detail}`);
    heard.set(outcome.record.anomaly_id, { anomaly: outcome.record, heardAtMs });
  }
  const encoder = codec.recordEncoder('control.rule');
  const said = [...heard.values()].flatMap(({ anomaly, heardAtMs }, n): GoldenRecord[] => {
    const { anomaly_id: id, entity, opened_at } = anomaly;
    const appendedAtMs = heardAtMs + 1_000;
    const saying = sayingOf(anomaly, n);
    const rule = verdict(id, saying.verdict, { entity, opened_at, created_at: appendedAtMs });
    const record = { topic: 'control.rule', entity: null, key: ruleKey(rule) } as const;
    const told: GoldenRecord = { ...record, value: Buffer.from(encoder.encode(rule)), appendedAtMs };
    return saying.withdrawn === true
      ? [told, { ...record, value: null, appendedAtMs: appendedAtMs + 1_000 }]
      : [told];
  });
  return [...input, ...said].sort((a, b) => a.appendedAtMs - b.appendedAtMs);
}
