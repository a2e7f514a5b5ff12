/** `nab`: a corpus of the Numenta Anomaly Benchmark's kind, by its scoring. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { readCorpus } from '../corpus.ts';
import {
  addResultOptions,
  assertRecordable,
  give,
  positive,
  toStderr,
  type ResultOptions,
} from '../measurement.ts';
import { nabRun, type NabReport, type NabRun } from './nab-report.ts';
import { writeNabResults } from './nab-results.ts';
import { nabText } from './nab-text.ts';
import { readWindowTimes, windowsOf } from './windows.ts';

interface NabOptions extends ResultOptions {
  readonly data: string;
  readonly windows?: string;
  readonly out?: string;
  readonly threshold?: number;
}

/** Where the corpus lies: it is no part of the product. */
export const NAB_FOLDER =
  process.env['NETSIGMA_NAB_DIR'] ??
  fileURLToPath(new URL('../../../../../shared/data/nab', import.meta.url));

/** What is recorded: counts instead of the detections themselves. */
export interface KeptNab
  extends Omit<NabReport, 'detections'>, Pick<NabRun, 'categories' | 'categoriesAtFixed'> {
  readonly detections: number;
}

export function addNabCommand(program: Command): void {
  const command = program
    .command('nab')
    .description("a corpus of the Numenta Anomaly Benchmark's kind, by its scoring")
    .option('--data <folder>', 'CSV files with timestamp and value, in folders or not', NAB_FOLDER)
    .option('--windows <file>', 'labelled windows (JSON); windows.json in that folder unless given')
    .option('--out <folder>', "scores are written there, in the layout of NAB's results")
    .option('--threshold <score>', 'one for all profiles, instead of the best of each', positive);
  addResultOptions(command).action((options: NabOptions) => {
    assertRecordable(options);
    const { data, windows = join(data, 'windows.json'), out, threshold } = options;
    const below = join(data, 'data');
    const corpus = readCorpus(existsSync(below) ? below : data, { warn: toStderr });
    const ofSeries = windowsOf(corpus, readWindowTimes(windows), toStderr);
    const run = nabRun(corpus, ofSeries, threshold, toStderr);
    if (out !== undefined) toStderr(`${writeNabResults(out, run.scored)} files written below ${out}`);
    const { report, categories, categoriesAtFixed } = run;
    const kept: KeptNab = {
      ...report,
      detections: report.detections.length,
      categories,
      categoriesAtFixed,
    };
    give({ name: 'nab', text: nabText(run), report, kept }, options);
  });
}
