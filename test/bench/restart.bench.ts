/**
 * From a process's start until it emits again: its state comes out of Kafka. It was stopped cleanly before, so that the
 * group knows it to be gone; after a crash the session timeout comes on top, and what was folded since the checkpoint.
 */
import { catalogue, topicName } from '../../topics/catalogue.ts';
import { assertValid, type Bench, type BenchContext } from './bench.ts';
import { countRecords } from './count-records.ts';
import { figure, type Figure, type Target } from './figure.ts';
import { polledTopic, reports, startMember, stopMembers } from './member/members.ts';
import { COUNTERS_PER_ROW, WEEK_POLLS } from './schedule.ts';

const PORTS = 48;
const PARTITIONS = 4;
const TARGET: Target = { better: 'lower', atLeast: 8, then: 3 };

export const restart: Bench = {
  name: 'restart',
  measures: 'process start to emitting, with the full state of 100k and of 1M series in Kafka',
  minutes: 10,
  full: async (context) => [
    ...(await measureRestart(context, { series: 100_000, runs: 5, target: TARGET })),
    ...(await measureRestart(context, { series: 1_000_000, runs: 2 })),
  ],
};

export async function measureRestart(
  context: BenchContext,
  { series, runs, target }: { readonly series: number; readonly runs: number; readonly target?: Target },
): Promise<Figure[]> {
  const entities = Math.ceil(series / COUNTERS_PER_ROW / PORTS);
  const options = {
    entities,
    rowsPerEntity: PORTS,
    partitions: PARTITIONS,
    polls: runs,
    warmPolls: WEEK_POLLS,
  };
  const topic = await polledTopic(context, options);
  const member = { address: await context.kafka(), naming: topic.naming };
  const emitting: number[] = [];
  const caughtUp: number[] = [];
  for (let start = 0; start <= runs; start += 1) {
    context.progress(`restart: ${series} series, ${start === 0 ? 'first start' : `run ${start} of ${runs}`}`);
    const written = await topic.write(start === 0 ? WEEK_POLLS : 1);
    const startedMs = Date.now();
    const one = startMember(context, member);
    try {
      const { atMs } = await one.answer('first');
      const said = await reports([one], PARTITIONS);
      const records = said[0]!.records;
      assertValid(records === written, `${records} of ${written} records came out`);
      if (start > 0) {
        emitting.push((atMs - startedMs) / 1000);
        caughtUp.push((Date.now() - startedMs) / 1000);
      }
      await stopMembers([one]);
    } finally {
      await one.kill();
    }
  }
  const all = entities * (WEEK_POLLS + runs);
  const committed = await countRecords(topic.broker, topicName(catalogue['metric.interface'], topic.naming));
  assertValid(committed === all, `${committed} metric records of ${all} readings are in the topic`);
  const name = `restart: ${series / 1000}k series`;
  return [
    figure(`${name}, process start to first record`, 's', emitting, target),
    figure(`${name}, until every task has folded and committed a poll`, 's', caughtUp),
  ];
}
