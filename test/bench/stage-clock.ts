/** What each stage of a topology takes: a clock reading between two stages, once a record and not once a row. */
import type { Stage, StageDefinition, StageOutput } from '../../pipeline/stages/stage.ts';

export interface StageClock {
  readonly stages: readonly StageDefinition[];
  /** Before a record is folded: the first stage begins when the reading is decoded, which is not its own time. */
  reset(): void;
  /** Wall time by part since `reset`, in ns: of each stage without the records that it sends, and of those. */
  spentNs(): ReadonlyMap<string, number>;
}

export const SENT_PART = 'records of baselines, anomalies and features';

/** The stages, with clocks. */
export function clockedStages(definitions: readonly StageDefinition[]): StageClock {
  const spentMs = new Float64Array(definitions.length + 1);
  const sent = definitions.length;
  return {
    stages: definitions.map((definition, index) => ({
      ...definition,
      init: (context) => clocked(definition.init(context), index),
    })),
    reset: () => void spentMs.fill(0),
    spentNs: () =>
      new Map(
        [...definitions.map(({ name }) => name), SENT_PART].map((part, i) => [part, spentMs[i]! * 1e6]),
      ),
  };

  function clocked(stage: Stage, index: number): Stage {
    let sentMs = 0;
    let inner: StageOutput;
    const timed = <T>(send: (record: T) => void, record: T): void => {
      const before = performance.now();
      send(record);
      sentMs += performance.now() - before;
    };
    const out: StageOutput = {
      anomaly: (record) => timed(inner.anomaly, record),
      baseline: (record) => timed(inner.baseline, record),
      features: (record) => timed(inner.features, record),
      evaluation: (record) => timed(inner.evaluation, record),
      summary: (summary) => timed(inner.summary, summary),
      count: (name, outcome, by) => inner.count(name, outcome, by),
    };
    const clock = <T>(into: StageOutput, work: () => T): T => {
      inner = into;
      sentMs = 0;
      const before = performance.now();
      const result = work();
      spentMs[index]! += performance.now() - before - sentMs;
      spentMs[sent]! += sentMs;
      return result;
    };
    return {
      ...(stage.update && { update: stage.update.bind(stage) }),
      ...(stage.anomaly && { anomaly: stage.anomaly.bind(stage) }),
      ...(stage.punctuate && {
        punctuate: (tickMs, entityTimeMs, into) =>
          clock(into, () => stage.punctuate!(tickMs, entityTimeMs, out)),
      }),
      process: (reading, into) => clock(into, () => stage.process(reading, out)),
    };
  }
}
