/** `cost`: time a sample and memory a series. */
import type { Command } from 'commander';
import {
  addResultOptions,
  assertRecordable,
  count,
  give,
  toStderr,
  wholeNumber,
  type ResultOptions,
} from '../measurement.ts';
import { textTable } from '../text-table.ts';
import { costReport, type CostReport } from './cost-report.ts';

interface CostOptions extends ResultOptions {
  readonly devices: number;
  readonly runs: number;
  readonly seed: number;
}

export function addCostCommand(program: Command): void {
  const command = program
    .command('cost')
    .description('CPU time of a sample and memory of a series, every stage on')
    .option('--devices <count>', 'of 48 ports', count, 40)
    .option('--runs <count>', 'whose median is taken', count, 5)
    .option('--seed <seed>', 'of the load', wholeNumber, 20_261_121);
  addResultOptions(command).action(async (options: CostOptions) => {
    assertRecordable(options);
    const { devices: entities, runs, seed } = options;
    const report = await costReport({ entities, runs, seed, progress: toStderr });
    give({ name: 'cost', text: costText(report), report }, options);
  });
}

/** What a series may take. */
export const STATE_BYTES_TARGET = 16_384;

function costText(report: CostReport): string {
  const {
    ns_per_sample: ns,
    ns_by_stage: byStage,
    bytes_per_series: bytes,
    bytes_by_stage: bytesOf,
  } = report;
  const verdict = bytes <= STATE_BYTES_TARGET ? 'reached' : 'missed';
  const rows = Object.entries(byStage).map(([stage, each]) => [
    stage,
    each.toFixed(0),
    (bytesOf[stage] ?? 0).toFixed(0),
  ]);
  return [
    `state of a series: ${bytes.toFixed(0)} bytes, at most ${STATE_BYTES_TARGET}: ${verdict}`,
    textTable(
      ['', 'ns a sample', 'bytes a series'],
      [
        ['everything, decode and encode', ns.toFixed(0), bytes.toFixed(0)],
        ...rows,
        ['a value of netsigma analyze', report.ns_per_analyzed_value.toFixed(0), ''],
      ],
    ),
  ].join('\n\n');
}
