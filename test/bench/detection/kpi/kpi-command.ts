/** `kpi`: monitoring series with labels, by F1 of events found in time. */
import type { Command } from 'commander';
import { ConfigError } from '../../../../pipeline/model/errors.ts';
import { readCorpus } from '../corpus.ts';
import {
  addResultOptions,
  assertRecordable,
  give,
  toStderr,
  wholeNumber,
  type ResultOptions,
} from '../measurement.ts';
import { kpiReport } from './kpi-report.ts';
import { kpiText } from './kpi-text.ts';

interface KpiOptions extends ResultOptions {
  readonly data: string;
  readonly delay: number;
}

export function addKpiCommand(program: Command): void {
  const command = program
    .command('kpi')
    .description('monitoring series with labels (AIOps KPI, WSD), by F1 of events found in time')
    .requiredOption(
      '--data <folder>',
      'CSV files with timestamp, value, label; KPI ID where a file holds several',
    )
    .option('--delay <rows>', 'an event is found in its first row or so many after it', wholeNumber, 7);
  addResultOptions(command).action((options: KpiOptions) => {
    assertRecordable(options);
    const { data, delay } = options;
    const corpus = readCorpus(data, { sorted: true, warn: toStderr });
    const labelled = corpus.filter(({ labels }) => labels !== undefined);
    if (labelled.length === 0) throw new ConfigError(`no file below ${data} has a column "label"`);
    const report = kpiReport(labelled, delay, toStderr);
    give({ name: 'kpi', text: kpiText(report), report }, options);
  });
}
