/** What a network of a given size takes, worked out from the recorded figures. */
import { formatted, type Figure } from '../bench/figure.ts';
import { readRecording, type Recording } from '../bench/recorded.ts';
import { table } from './table.ts';

type Read = (bench: string) => Recording | undefined;

const SIZES = [10_000, 100_000, 1_000_000];
const INTERVAL_S = 60;
const COUNTERS = 8;
const PORTS = 48;
const DAY_S = 86_400;
const GB = 1e9;

/** The figures that everything follows from. Each is undefined until its bench is recorded. */
function sources(read: Read) {
  const median = (bench: string, name: string): number | undefined => {
    const recording = read(bench);
    const found = recording?.figures.find((figure: Figure) => figure.name === name);
    if (recording !== undefined && found === undefined)
      throw new RangeError(`the recording of ${bench} has no "${name}"`);
    return found?.median;
  };
  return {
    processUs: median('matrix-kafka', 'matrix-kafka: 4 partitions, 1 process, CPU'),
    processPerSecond: median('matrix-kafka', 'matrix-kafka: 4 partitions, 1 process'),
    bytesPerSeries: median('matrix', 'matrix: 100k series, growth of the process, all cells filled'),
    bytesPerSeriesOfAMillion: median(
      'matrix',
      'matrix: 1000k series, growth of the process, all cells filled',
    ),
    rawBytes: median('matrix', 'matrix: raw.interface, a poll'),
    metricBytes: median('matrix', 'matrix: metric.interface, a poll'),
    deviationBytes: median('matrix', 'matrix: insight.deviation, a poll'),
    baselineBytes: median('matrix', 'matrix: insight.baseline, an hour'),
    sinkUs: median('sink', "sink: timescaledb-apache: CPU of the sink's process"),
    sinkPerSecond: median('sink', 'sink: timescaledb-apache: topic to table, decode to commit'),
    diskBytes: median('sink', 'sink: timescaledb-apache: table and indexes on disk'),
    restartS: median('restart', 'restart: 100k series, process start to first record'),
    restartMillionS: median('restart', 'restart: 1000k series, process start to first record'),
    checkpointBytes: median('checkpoint', 'checkpoint: every 15 min, polled each 60 s'),
    pollMs: median('snmp', 'snmp: 1000 switches, v2c, netsigma: CPU'),
  };
}

type Sources = ReturnType<typeof sources>;

interface Row {
  readonly what: string;
  readonly how: string;
  /** undefined while a figure is missing. */
  of(interfaces: number, from: { readonly [name in keyof Sources]: number }): number;
}

const rowsPerSecond = (interfaces: number): number => interfaces / INTERVAL_S;
const samplesPerSecond = (interfaces: number): number => rowsPerSecond(interfaces) * COUNTERS;

const ROWS: readonly Row[] = [
  { what: 'rows a second', how: 'interfaces / 60 s', of: rowsPerSecond },
  { what: 'samples a second', how: '8 counters a row', of: samplesPerSecond },
  {
    what: 'collectors: cores, SNMP v2c',
    how: `CPU a poll of ${PORTS} ports with 12 counters`,
    of: (n, { pollMs }) => ((rowsPerSecond(n) / PORTS) * pollMs) / 1000,
  },
  {
    what: 'process: cores',
    how: 'CPU a sample through Kafka, 4 partitions',
    of: (n, { processUs }) => (samplesPerSecond(n) * processUs) / 1e6,
  },
  {
    what: 'process: share of what one process reached',
    how: 'samples/s through Kafka, 4 partitions',
    of: (n, { processPerSecond }) => samplesPerSecond(n) / processPerSecond,
  },
  {
    what: 'process: memory, GB, all processes',
    how: 'growth of a process a series: as with 100k series up to that, as with 1M beyond',
    of: (n, { bytesPerSeries, bytesPerSeriesOfAMillion }) => {
      const series = n * COUNTERS;
      return (series * (series <= 100_000 ? bytesPerSeries : bytesPerSeriesOfAMillion)) / GB;
    },
  },
  {
    what: 'sink: cores, without the database',
    how: 'CPU a row',
    of: (n, { sinkUs }) => (rowsPerSecond(n) * sinkUs) / 1e6,
  },
  {
    what: 'sink: share of what one sink reached',
    how: 'rows/s into interface_metrics',
    of: (n, { sinkPerSecond }) => rowsPerSecond(n) / sinkPerSecond,
  },
  {
    what: 'broker: checkpoints, MB/s in',
    how: 'bytes a sample, a checkpoint every 15 minutes',
    of: (n, { checkpointBytes }) => (samplesPerSecond(n) * checkpointBytes) / 1e6,
  },
  {
    what: 'broker: in, MB/s, without replication',
    how: 'raw, metric and deviation records of a poll, baselines of an hour; values alone',
    of: (n, from) => brokerBytes(n, from) / 1e6,
  },
  {
    what: 'broker: out, MB/s',
    how: 'tasks read raw, the sink reads metrics and baselines',
    of: (n, { rawBytes, metricBytes, baselineBytes }) =>
      (rowsPerSecond(n) * (rawBytes + metricBytes + baselineBytes / 60)) / 1e6,
  },
  {
    what: 'broker: disk, GB, one replica',
    how: '7 days of raw, metric and baseline, one of deviations',
    of: (n, { rawBytes, metricBytes, baselineBytes, deviationBytes }) =>
      (rowsPerSecond(n) * DAY_S * (7 * (rawBytes + metricBytes + baselineBytes / 60) + deviationBytes)) / GB,
  },
  {
    what: 'database: GB a day, uncompressed',
    how: 'interface_metrics with its indexes',
    of: (n, { diskBytes }) => (rowsPerSecond(n) * DAY_S * diskBytes) / GB,
  },
  {
    what: 'restart, s, one process with all of it',
    how: 'restart of 100k series up to that, of 1M series beyond, in proportion',
    of: (n, { restartS, restartMillionS }) => {
      const series = n * COUNTERS;
      return series <= 100_000 ? (restartS * series) / 100_000 : (restartMillionS * series) / 1_000_000;
    },
  },
];

function brokerBytes(
  interfaces: number,
  { rawBytes, metricBytes, deviationBytes, baselineBytes }: { readonly [name in keyof Sources]: number },
): number {
  return rowsPerSecond(interfaces) * (rawBytes + metricBytes + deviationBytes + baselineBytes / 60);
}

/** `read` gives what was recorded of a bench. */
export function scalingPage(read: Read = readRecording): string {
  const from = sources(read);
  const missing = Object.entries(from).flatMap(([name, value]) => (value === undefined ? [name] : []));
  // NaN goes through every formula that needs what is missing.
  const known = Object.fromEntries(
    Object.entries(from).map(([name, value]) => [name, value ?? Number.NaN]),
  ) as {
    readonly [name in keyof Sources]: number;
  };
  const cell = (value: number): string => (Number.isNaN(value) ? 'not recorded' : formatted(value));
  return [
    '# Scaling',
    `What a network takes whose interfaces are all polled every ${INTERVAL_S} s, with ${COUNTERS} counters each and everything switched on, ${PORTS} interfaces a device. Worked out in proportion from the medians of [performance](performance.md): they hold for that machine, and for load that is spread evenly. The sums are estimates; the figures they follow from are measured. Bytes are before compression: zstd halves what the broker stores. Commits cost a task some transactions a second whatever its load: a small network takes more than its proportion.`,
    table(
      ['', ...SIZES.map((size) => `${size / 1000}k interfaces`), 'from'],
      ROWS.map(({ what, how, of }) => [what, ...SIZES.map((size) => cell(of(size, known))), how]),
    ),
    ...(missing.length === 0
      ? []
      : ['Rows that are "not recorded" wait for a recorded run of their bench: `npm run bench -- --list`.']),
    '## Partitions and processes',
    [
      '- A process does the work of its partitions on one core: the number of processes is the larger of what the cores and what the memory ask for. Give each a core, and memory for twice its share of the state: while a process is away, the others hold its partitions.',
      '- `broker.partitions` is the most processes that can ever share the work, and fixed once the topics exist. The default of 12 suits up to 100k interfaces; take 48 for a million. Each further partition costs transactions of its own: the figures by partitions (`matrix-kafka`) say how much.',
      '- Sinks share partitions in the same way. One connection writes at a time in each.',
      '- Collectors: one process polls thousands of devices (bench `snmp` where it is recorded); they share a zone by its inventory topic.',
    ].join('\n'),
    '## What breaks first',
    [
      "1. **The database's disk.** Bytes a row times the retention outgrow all else: keep raw rows for days, not months (`sink.retention`), or use a TimescaleDB with compression, which this page does not count.",
      '2. **Memory of the tasks.** State is held whole: nothing of it goes to disk. Past what a machine has, add processes; a process above 12 GB was never measured.',
      '3. **The restart.** A process reads its whole state before it emits again, and the rest of the network waits for its partitions. More and smaller processes restart sooner, side by side.',
      '4. **Small records.** Devices with few interfaces make records of few rows, which cost several times more a sample (`matrix-kafka` by rows a record).',
      '5. **The cores**, of the tasks and then of the sink: both add up with processes, as far as there are partitions.',
      "6. **The broker's network**, with three replicas three times the bytes that come in.",
    ].join('\n'),
  ].join('\n\n');
}
