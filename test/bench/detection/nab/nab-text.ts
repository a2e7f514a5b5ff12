/** The report on NAB for people. */
import { textTable } from '../text-table.ts';
import type { CategoryCounts, NabRun, ProfileScores } from './nab-report.ts';

export function nabText({ report, scored, categories, categoriesAtFixed }: NabRun): string {
  const { threshold, fixed, references } = report;
  const windows = scored.reduce((sum, one) => sum + one.windows.length, 0);
  return [
    `${scored.length} series, ${windows} windows; one pass, one configuration, one threshold for all series`,
    textTable(
      ['detector', 'standard', 'low FP', 'low FN', 'threshold'],
      [
        scoreRow('netsigma', report, threshold),
        scoreRow('netsigma as it ships: every anomaly', fixed, fixed.threshold),
        ...Object.entries(references).map(([name, scores]) => scoreRow(name, scores)),
      ],
    ),
    countsTable(`at ${threshold.toFixed(3)}`, categories),
    countsTable(`at ${fixed.threshold.toFixed(3)}, which ships`, categoriesAtFixed),
  ].join('\n\n');
}

function scoreRow(name: string, { standard, low_fp, low_fn }: ProfileScores, threshold?: number): string[] {
  return [
    name,
    ...[standard, low_fp, low_fn].map((score) => score.toFixed(1)),
    threshold === undefined ? '' : threshold.toFixed(3),
  ];
}

function countsTable(title: string, categories: readonly CategoryCounts[]): string {
  const rows = categories.map((counts) => [
    counts.category,
    ...[counts.files, counts.windows, counts.found, counts.windows - counts.found, counts.false].map(String),
  ]);
  return textTable([title, 'series', 'windows', 'found', 'missed', 'false'], rows);
}
