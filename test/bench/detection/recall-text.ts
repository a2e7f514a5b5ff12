/** The report on recall for people. */
import type { RecallCell, RecallReport } from './recall-counts.ts';
import { textTable } from './text-table.ts';

export function recallText({ seed, intervalMs, cells, byKind }: RecallReport): string {
  return [
    `polls every ${intervalMs / 1_000} s, seed ${seed}; delays in polls; "named": called what it is, of those found`,
    textTable(
      ['shape', 'sigma', 'injected', 'found', 'warning+', 'delay', 'p90', 'named', 'called'],
      cells.map(cellRow),
    ),
    ...byKind.map(({ kind, shapes }) =>
      [kind, ...Object.entries(shapes).map(([shape, recalls]) => `  ${shape}: ${recalls}`)].join('\n'),
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

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
