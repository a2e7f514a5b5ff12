/** One cell of the matrix in memory, in a process of its own: node memory-cell.ts '{"entities":...}'. */
import { partitionFor } from '../../../pipeline/broker/partitioner.ts';
import { embeddedRegistry } from '../../../pipeline/codec/embedded-registry.ts';
import { Folding } from '../../../pipeline/runtime/folding.ts';
import { ReadingProcessor } from '../../../pipeline/runtime/reading-processor.ts';
import type { ProcessorOutput } from '../../../pipeline/runtime/sub-topology.ts';
import { entityTopology } from '../../../pipeline/topology.ts';
import { catalogue } from '../../../topics/catalogue.ts';
import { startedCodec } from '../../support/codec.ts';
import { silentOutput } from '../../support/silent-output.ts';
import { STAGE_DEFAULTS } from '../../support/topology-driver.ts';
import { assertValid } from '../bench.ts';
import { childOptions, tell } from '../child.ts';
import { cpuNs } from '../cpu-time.ts';
import { fillCells } from '../full-state.ts';
import { load, type Load } from '../load.ts';
import { COUNTERS_PER_ROW, METRICS, POLLS_AN_HOUR, pollTime, WARM_POLLS } from '../schedule.ts';
import type { MemoryCell, MemoryCellOptions } from './memory-cells.ts';

const START_MS = 1_780_000_000_000;

/** A timed run folds at least so many samples: the clock ticks in microseconds. */
const SAMPLES_A_RUN = 200_000;

const { entities, rowsPerEntity, partitions, runs } = childOptions() as MemoryCellOptions;
const samplesPerPoll = entities * rowsPerEntity * COUNTERS_PER_ROW;
// Whole hours: at each one's turn the cells are closed and published, whatever the size.
const pollsPerRun = POLLS_AN_HOUR * Math.ceil(SAMPLES_A_RUN / samplesPerPoll / POLLS_AN_HOUR);
const polls = runs * pollsPerRun;
const codec = await startedCodec(catalogue, embeddedRegistry());
const topology = entityTopology(catalogue, STAGE_DEFAULTS);
const loadOf = (count: number) =>
  load(codec, {
    seed: 20_261_121,
    entities: count,
    rowsPerEntity,
    startMs: START_MS,
    intervalMs: 0,
    metrics: METRICS,
  });
const newTasks = () =>
  Array.from(
    { length: partitions },
    () => new Folding(() => new ReadingProcessor({ codec, catalogue, topology })),
  );

const sent = new Map<string, number>();
/** Of values, by topic. */
const bytes = new Map<string, number>();
let refused = 0;
const add = (to: Map<string, number>, topic: string, by: number): void =>
  void to.set(topic, (to.get(topic) ?? 0) + by);
const out: ProcessorOutput = {
  ...silentOutput,
  send(topic, _key, value) {
    add(sent, topic, 1);
    add(bytes, topic, value.length);
  },
  deadLetter: () => void (refused += 1),
};

/** One poll of all. @returns CPU ns. */
async function foldPoll(
  into: readonly Folding<ReadingProcessor>[],
  readings: Load,
  step: number,
): Promise<number> {
  const time = pollTime(START_MS, step);
  const records = readings.poll(step, time).map((value, index) => {
    const key = Buffer.from(readings.entities[index]!);
    add(bytes, 'raw.interface', value.length);
    const appendedAtMs = time.observedAtMs + readings.entities.length;
    const partition = partitionFor(key, partitions);
    return { topic: 'raw.interface', partition, offset: step, appendedAtMs, key, value };
  });
  for (const { processor } of into) await processor.prepare('raw.interface', [records[0]!.value]);
  return cpuNs(() => {
    for (const record of records) into[record.partition]!.fold('raw.interface', record, out);
  });
}

// The compiler's time is no part of what grows with the series: processors of the same kind are run hot first.
const hot = newTasks();
const few = loadOf(Math.ceil(400 / rowsPerEntity));
for (let step = 0; step < 3 * WARM_POLLS; step += 1) await foldPoll(hot, few, step);
sent.clear();

const readings = loadOf(entities);
// The load has memory of its own: what grows from here on is the state's.
readings.poll(0, pollTime(START_MS, 0));
globalThis.gc!();
const rssBefore = process.memoryUsage.rss();
const tasks = newTasks();
const nsPerSample: number[] = [];
for (let step = 0; step < WARM_POLLS - 1; step += 1) await foldPoll(tasks, readings, step);
bytes.clear();
// An hourly poll closes an hour, so it owes every cell of the hour before.
await foldPoll(tasks, readings, WARM_POLLS - 1);
const baselineBytesPerRowHour = (bytes.get('insight.baseline') ?? 0) / (entities * rowsPerEntity);
bytes.clear();
for (let run = 0; run < runs; run += 1) {
  let ns = 0;
  for (let poll = 0; poll < pollsPerRun; poll += 1)
    ns += await foldPoll(tasks, readings, WARM_POLLS + run * pollsPerRun + poll);
  nsPerSample.push(ns / samplesPerPoll / pollsPerRun);
}

const records = entities * (WARM_POLLS + polls);
assertValid(
  refused === 0 && sent.get('metric.interface') === records,
  `${refused} refused, ${sent.get('metric.interface')} of ${records} metric records`,
);
for (const topic of ['insight.deviation', 'insight.baseline'])
  assertValid((sent.get(topic) ?? 0) > 0, `nothing was sent to ${topic}`);
const series = entities * rowsPerEntity * COUNTERS_PER_ROW;
const states = tasks.map(({ processor }) => processor.state);
const rows = states.reduce((sum, each) => sum + each.rows, 0);
assertValid(rows === entities * rowsPerEntity, `${rows} rows in the state`);
// Pages that were never written are no memory: in a few weeks all of them will have been.
for (const each of states) fillCells(each);
globalThis.gc!();
const state = { hot: 0, cell: 0 };
for (const each of states)
  for (const [, { column }] of each.columns()) state[column.declaration.group] += column.bytes;
const cell: MemoryCell = {
  kind: 'cell',
  nsPerSample,
  hotBytesPerSeries: state.hot / series,
  cellBytesPerSeries: state.cell / series,
  rssBytesPerSeries: (process.memoryUsage.rss() - rssBefore) / series,
  bytesPerRow: {
    'raw.interface': bytesPerRow('raw.interface'),
    'metric.interface': bytesPerRow('metric.interface'),
    'insight.deviation': bytesPerRow('insight.deviation'),
  },
  baselineBytesPerRowHour,
  rssGib: process.memoryUsage.rss() / 2 ** 30,
};
tell(cell);
process.disconnect();

/** Of the timed polls. */
function bytesPerRow(topic: string): number {
  return (bytes.get(topic) ?? 0) / (entities * rowsPerEntity * polls);
}
