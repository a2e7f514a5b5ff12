/** The report on recall for people. */
import { textTable } from '../text-table.ts';
import type { RecallCell, RecallReport } from './recall-counts.ts';
import { MAGNITUDES, SHAPES } from './shapes.ts';

export function recallText({ seed, intervalMs, cells, noises }: RecallReport): string {
  const sized = SHAPES.filter((shape) => shape.sized);
  const whole = SHAPES.filter((shape) => !shape.sized);
  return [
    `polls every ${intervalMs / 1_000} s, three weeks learned, seed ${seed}; delays in polls; "named": called what it is, of those found`,
    textTable(
      ['shape', 'sigma', 'injected', 'found', 'warning+', 'delay', 'p90', 'named', 'called'],
      cells.map(cellRow),
    ),
    ...sized.map(({ name }) =>
      textTable(
        [`${name}, found`, ...MAGNITUDES.map((magnitude) => `${magnitude} sigma`)],
        noises.map((of) => [of.noise, ...MAGNITUDES.map((magnitude) => found(of.cells, name, magnitude))]),
      ),
    ),
    textTable(
      ['without a size, found', ...whole.map(({ name }) => name)],
      noises.map((of) => [of.noise, ...whole.map(({ name }) => found(of.cells, name, null))]),
    ),
  ].join('\n\n');
}

function cellRow(cell: RecallCell): string[] {
  const { shape, magnitude, injected, recall, severe, named, delayMedian, delayP90, types } = cell;
  return [
    shape,
    magnitude === null ? '' : String(magnitude),
    String(injected),
    percent(recall),
    percent(severe),
    delayMedian === null ? '' : String(delayMedian),
    delayP90 === null ? '' : String(delayP90),
    recall === 0 ? '' : percent(named),
    Object.entries(types)
      .sort(([, a], [, b]) => b - a)
      .map(([type, count]) => `${type} ${count}`)
      .join(', '),
  ];
}

/** Empty where it could not be injected. */
function found(cells: readonly RecallCell[], shape: string, magnitude: number | null): string {
  const cell = cells.find((one) => one.shape === shape && one.magnitude === magnitude);
  return cell === undefined ? '' : percent(cell.recall);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
