/** What `netsigma analyze` does: files through the stages, what was found as text or as lines of JSON. */
import type { AnalyzeOptions } from './cli/analyze.ts';
import { Analysis } from './analyze/analysis.ts';
import { readFiles } from './analyze/input/read-files.ts';
import { timeParser } from './analyze/input/times.ts';
import { textReport } from './analyze/report/text.ts';
import type { Config } from './config.ts';

export interface AnalyzeDeps {
  readonly config: Pick<Config, 'baseline' | 'detect'>;
  /** Of what was found. */
  readonly write: (text: string) => void;
  /** Of what is said about the files. */
  readonly note: (text: string) => void;
}

/** @throws ConfigError for a file that cannot be read or understood, naming it. */
export async function analyzeCommand(
  { files, json, timeZone, kind, columns }: AnalyzeOptions,
  { config, write, note }: AnalyzeDeps,
): Promise<void> {
  const { baseline, detect } = config;
  const analysis = new Analysis({ baseline, detect, timeZone }, (record) => {
    if (json) write(`${JSON.stringify(record)}\n`);
  });
  await readFiles(files, {
    columns,
    kinds: kind,
    parseTime: timeParser(timeZone),
    sink: analysis,
    onLayout: (text) => note(`${text}\n`),
  });
  for (const { file, line, reason } of analysis.problems) note(`${file}:${line}: ${reason}\n`);
  if (!json) write(textReport([...analysis.series()]));
}
