/** The table of README's "How fast": the figures that people ask for first, from the recorded full runs. */
import { formatted } from '../bench/figure.ts';
import { machineText } from '../bench/machine.ts';
import { readRecording, type Recording } from '../bench/recorded.ts';
import { table } from './table.ts';

type Read = (bench: string) => Recording | undefined;

interface Row {
  readonly what: string;
  readonly bench: string;
  readonly figure: string;
  readonly unit: string;
}

const ROWS: readonly Row[] = [
  {
    what: 'everything on, in memory, decode and encode included',
    bench: 'stages',
    figure: 'stages: everything, decode and encode',
    unit: 'samples/s a core',
  },
  {
    what: 'the same through Kafka, exactly once, one process as it is shipped',
    bench: 'matrix-kafka',
    figure: 'matrix-kafka: 4 partitions, 1 process',
    unit: 'samples/s',
  },
  {
    what: 'memory a series of a million, every seasonal cell filled (8 counters a port)',
    bench: 'matrix',
    figure: 'matrix: 1000k series, growth of the process, all cells filled',
    unit: 'bytes',
  },
  {
    what: 'a lean job (rate, hour-of-week cell, deviation, anomaly) through Kafka, exactly once',
    bench: 'lean-kafka',
    figure: 'lean-kafka: exactly once, 100 ms, as shipped',
    unit: 'CPU us a sample',
  },
  {
    what: 'Kafka Streams on the same broker and records, state by interface in RocksDB (as most people write it): its CPU beside ours',
    bench: 'lean-kafka',
    figure: 'lean-kafka: Kafka Streams, rocksdb by interface: its CPU / ours',
    unit: 'times',
  },
  {
    what: 'state by device, packed by hand, in RocksDB with its cache',
    bench: 'lean-kafka',
    figure: 'lean-kafka: Kafka Streams, rocksdb by device: its CPU / ours',
    unit: 'times',
  },
  {
    what: 'state by device, packed by hand, in memory',
    bench: 'lean-kafka',
    figure: 'lean-kafka: Kafka Streams, memory by device: its CPU / ours',
    unit: 'times',
  },
  {
    what: 'restart with the full state of 100,000 series, process start to first record',
    bench: 'restart',
    figure: 'restart: 100k series, process start to first record',
    unit: 's',
  },
  {
    what: 'sink: records to committed rows (40 columns, 4 indexes), TimescaleDB',
    bench: 'sink',
    figure: 'sink: timescaledb-apache: topic to table, decode to commit',
    unit: 'rows/s',
  },
  {
    what: 'beside `psql \\copy` of a ready file into the same table',
    bench: 'sink',
    figure: 'sink: timescaledb-apache: against psql \\copy',
    unit: 'times',
  },
  {
    what: 'reading to committed row at half load, p99, all on this machine',
    bench: 'latency',
    figure: 'latency: in all, p99',
    unit: 'ms',
  },
  {
    what: 'SNMP v2c: a poll of 48 ports of 12 counters, 10,000 switches a minute',
    bench: 'snmp-10k',
    figure: 'snmp: 10000 switches, v2c, netsigma: CPU',
    unit: 'CPU ms',
  },
  {
    what: 'Telegraf on 1,000 such switches: its CPU beside ours',
    bench: 'snmp',
    figure: "snmp: 1000 switches, v2c: Telegraf's CPU / netsigma's",
    unit: 'times',
  },
];

const BEGIN = '<!-- bench -->';
const END = '<!-- /bench -->';

/**
 * `readme` with its table of figures made anew. @throws Error when it has no place for them; RangeError for a figure
 * that its recording has not.
 */
export function withFigures(readme: string, read: Read = readRecording): string {
  const from = readme.indexOf(BEGIN);
  const to = readme.indexOf(END);
  if (from < 0 || to < from) throw new Error(`README.md has no "${BEGIN}" before "${END}"`);
  const rows = ROWS.flatMap((row) => {
    const recording = read(row.bench);
    return recording === undefined ? [] : [cells(row, recording)];
  });
  const recordings = [...new Set(ROWS.map(({ bench }) => bench))].flatMap((bench) => read(bench) ?? []);
  const taken = new Set(
    recordings.map(({ date, machine, conditions }) => `${date}: ${machineText(machine)}; ${conditions}`),
  );
  const block = [
    `Recorded on ${[...taken].join('. On ')}. A sample is one counter of one interface of one poll.`,
    table(['figure', 'median', 'lowest - highest', 'unit', 'bench'], rows),
  ].join('\n\n');
  return `${readme.slice(0, from)}${BEGIN}\n<!-- prettier-ignore-start -->\n\n${block}\n\n<!-- prettier-ignore-end -->\n${readme.slice(to)}`;
}

function cells({ what, bench, figure, unit }: Row, { figures }: Recording): string[] {
  const found = figures.find(({ name }) => name === figure);
  if (found === undefined) throw new RangeError(`the recording of ${bench} has no "${figure}"`);
  const { median, min, max } = found;
  return [what, formatted(median), `${formatted(min)} - ${formatted(max)}`, unit, `\`${bench}\``];
}
