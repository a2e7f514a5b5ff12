/** Everything that is on, by series, rows a record, partitions and processes: 8 counters a port. */
import type { Bench } from '../bench.ts';
import { measureKafka } from './kafka-cells.ts';
import { measureMemory } from './memory-cells.ts';

export const matrix: Bench = {
  name: 'matrix',
  measures: 'everything that is on, in memory, by series, rows a record and partitions: time and bytes',
  minutes: 8,
  full: (context) => measureMemory(context, { sizes: [10_000, 100_000, 1_000_000], runs: 5 }),
};

export const matrixKafka: Bench = {
  name: 'matrix-kafka',
  measures: 'the same through Kafka, exactly once, by series, rows a record, partitions and processes',
  minutes: 10,
  full: (context) =>
    measureKafka(context, {
      sizes: [10_000, 100_000, 1_000_000],
      series: 50_000,
      runs: 5,
      samplesPerRun: 2_000_000,
    }),
};
