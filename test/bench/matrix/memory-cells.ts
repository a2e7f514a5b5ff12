/** The matrix in memory: how time and memory grow with series, rows a record and partitions. */
import type { BenchContext } from '../bench.ts';
import { benchChild } from '../child.ts';
import { figure, type Figure } from '../figure.ts';
import { COUNTERS_PER_ROW } from '../schedule.ts';

export interface MemoryCellOptions {
  readonly entities: number;
  readonly rowsPerEntity: number;
  /** Tasks, all in one process. */
  readonly partitions: number;
  /** Timed, after polls that warm up. */
  readonly runs: number;
}

export interface MemoryCell {
  readonly kind: 'cell';
  /** CPU, one a run. */
  readonly nsPerSample: readonly number[];
  /** Allocated in state columns. */
  readonly hotBytesPerSeries: number;
  readonly cellBytesPerSeries: number;
  /** What the process grew by with every cell filled, the records of a poll included. */
  readonly rssBytesPerSeries: number;
  readonly rssGib: number;
  /** Values of records, before any compression, of one poll. */
  readonly bytesPerRow: Readonly<Record<string, number>>;
  /** insight.baseline comes once an hour. */
  readonly baselineBytesPerRowHour: number;
}

const CELL = new URL('memory-cell.ts', import.meta.url);
/** Of the machine's memory; past that nothing would be measured but swapping. */
const LIMIT_GIB = 12;
const PORTS = 48;

export async function measureMemory(
  context: BenchContext,
  { sizes, runs }: { readonly sizes: readonly number[]; readonly runs: number },
): Promise<Figure[]> {
  const cellOf = async (series: number, rowsPerEntity: number, partitions: number): Promise<MemoryCell> => {
    context.progress(`matrix: in memory, ${series} series, ${rowsPerEntity} rows, ${partitions} partitions`);
    const entities = Math.ceil(series / COUNTERS_PER_ROW / rowsPerEntity);
    const options: MemoryCellOptions = { entities, rowsPerEntity, partitions, runs };
    const child = benchChild<never, MemoryCell>(context, CELL, options, ['--expose-gc']);
    const cell = await child.answer('cell');
    await child.ended();
    return cell;
  };
  const figures: Figure[] = [];
  const bySize: MemoryCell[] = [];
  for (const series of sizes) {
    const last = bySize.at(-1);
    const growth = series / (sizes[bySize.length - 1] ?? series);
    if (last !== undefined && last.rssGib * growth > LIMIT_GIB) {
      context.progress(`matrix: ${series} series would take more than ${LIMIT_GIB} GiB: left out`);
      break;
    }
    const cell = await cellOf(series, PORTS, 1);
    bySize.push(cell);
    const name = `matrix: ${series / 1000}k series`;
    figures.push(
      figure(name, 'CPU ns/sample', cell.nsPerSample),
      figure(`${name}, hot state`, 'bytes/series', [cell.hotBytesPerSeries]),
      figure(`${name}, seasonal cells`, 'bytes/series', [cell.cellBytesPerSeries]),
      figure(`${name}, growth of the process, all cells filled`, 'bytes/series', [cell.rssBytesPerSeries]),
      figure(`${name}, the process`, 'GiB', [cell.rssGib]),
    );
  }
  const [least, most] = [bySize[0]!, bySize.at(-1)!];
  figures.push(
    ...Object.entries(least.bytesPerRow).map(([topic, bytes]) =>
      figure(`matrix: ${topic}, a poll`, 'bytes/row', [bytes]),
    ),
    figure('matrix: insight.baseline, an hour', 'bytes/row', [least.baselineBytesPerRowHour]),
  );
  if (bySize.length > 1) {
    const span = `${sizes[bySize.length - 1]! / 1000}k against ${sizes[0]! / 1000}k series`;
    figures.push(
      figure(`matrix: time a sample, ${span}`, 'ratio', overMedian(most.nsPerSample, least.nsPerSample)),
      figure(`matrix: state a series, ${span}`, 'ratio', [stateOf(most) / stateOf(least)]),
    );
  }
  for (const rows of [1, 8, 48, 500]) {
    const { nsPerSample } = await cellOf(sizes[1] ?? sizes[0]!, rows, 1);
    figures.push(figure(`matrix: ${rows} rows a record`, 'CPU ns/sample', nsPerSample));
  }
  for (const partitions of [1, 4, 12]) {
    const { nsPerSample } = await cellOf(sizes[1] ?? sizes[0]!, PORTS, partitions);
    figures.push(figure(`matrix: ${partitions} partitions in one process`, 'CPU ns/sample', nsPerSample));
  }
  return figures;
}

function stateOf({ hotBytesPerSeries, cellBytesPerSeries }: MemoryCell): number {
  return hotBytesPerSeries + cellBytesPerSeries;
}

function overMedian(values: readonly number[], by: readonly number[]): number[] {
  const { median } = figure('by', '', by);
  return values.map((value) => value / median);
}
