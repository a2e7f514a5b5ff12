/** What people say of the anomalies of a golden input: which there are is found out by folding it. */
import type { Codec } from '../../pipeline/codec/port.ts';
import type { AnomalyRecord } from '../../topics/anomaly.ts';
import { ruleKey, VERDICTS } from '../../topics/rules.ts';
import { goldenProcessor } from '../support/golden-processor.ts';
import { verdict } from '../support/rule.ts';
import type { GoldenRecord } from './golden-input.ts';

/** The input with a verdict on each anomaly, a second after it was last heard of; every third is taken back. */
export async function withVerdicts(codec: Codec, input: readonly GoldenRecord[]): Promise<GoldenRecord[]> {
  const heard = new Map<string, { readonly anomaly: AnomalyRecord; readonly atMs: number }>();
  const decoder = codec.recordDecoder('insight.anomaly');
  let atMs = 0;
  const processor = goldenProcessor(codec, {
    out: {
      send(topic, _key, value) {
        if (topic !== 'insight.anomaly') return;
        const outcome = decoder.decode(value);
        if (outcome.kind === 'record')
          heard.set(outcome.record.anomaly_id, { anomaly: outcome.record, atMs });
      },
    },
  });
  for (const record of input) {
    atMs = record.appendedAtMs;
    await processor.fold(record);
  }
  const encoder = codec.recordEncoder('control.rule');
  const said = [...heard.values()].flatMap(({ anomaly, atMs: heardAtMs }, n): GoldenRecord[] => {
    const { anomaly_id: id, entity, opened_at } = anomaly;
    const appendedAtMs = heardAtMs + 1_000;
    const rule = verdict(id, VERDICTS[n % VERDICTS.length]!, { entity, opened_at, created_at: appendedAtMs });
    const record = { topic: 'control.rule', entity: null, key: ruleKey(rule) } as const;
    const told: GoldenRecord = { ...record, value: Buffer.from(encoder.encode(rule)), appendedAtMs };
    return n % 3 === 2 ? [told, { ...record, value: null, appendedAtMs: appendedAtMs + 1_000 }] : [told];
  });
  return [...input, ...said].sort((a, b) => a.appendedAtMs - b.appendedAtMs);
}
