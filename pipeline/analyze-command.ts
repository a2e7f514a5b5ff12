/** What `netsigma analyze` does: files through the stages, what was found as text or as lines of JSON. */
import type { AnalyzeOptions } from './cli/analyze.ts';
import { Analysis } from './analyze/analysis.ts';
import { listed } from './analyze/input/row-texts.ts';
import { readFiles } from './analyze/input/read-files.ts';
import { refuseUnknownMetrics } from './analyze/input/told-kinds.ts';
import { readLinks, type WrittenLink } from './analyze/links/link-file.ts';
import { linkedPlaces } from './analyze/links/linked-places.ts';
import { storiesOf, type Story } from './analyze/links/stories.ts';
import type { Progress } from './analyze/progress.ts';
import { jsonLine } from './analyze/report/json-lines.ts';
import { coloured, plain } from './analyze/report/paint.ts';
import { counted, printable } from './analyze/report/plain-text.ts';
import { plotData } from './analyze/report/plot/plot-data.ts';
import { plotFile } from './analyze/report/plot/plot-file.ts';
import { plotPage } from './analyze/report/plot/plot-page.ts';
import { textReport } from './analyze/report/text.ts';
import type { AnalysisSettings } from './analyze/series-run.ts';
import type { SeriesSummary } from './analyze/series-summary.ts';
import { ConfigError } from './model/errors.ts';

export interface AnalyzeDeps {
  readonly config: Omit<AnalysisSettings, 'timeZone'>;
  readonly stdout: { write(text: string): unknown; readonly isTTY?: boolean };
  readonly progress: Progress;
  /** Colours are not wanted, whatever standard output is. */
  readonly noColour: boolean;
}

type Note = (text: string) => void;

/**
 * Whether every file could be read. @throws ConfigError for a file that is not there, and when there was nothing in any
 * of them that could be used.
 */
export async function analyzeCommand(options: AnalyzeOptions, deps: AnalyzeDeps): Promise<boolean> {
  try {
    return await analyze(options, deps);
  } catch (error) {
    // Messages have names in them that stand in files.
    throw error instanceof ConfigError ? new ConfigError(printable(error.message), error) : error;
  }
}

async function analyze(
  options: AnalyzeOptions,
  { config, stdout, progress, noColour }: AnalyzeDeps,
): Promise<boolean> {
  const { files, json, timeZone, columns, dateOrder, kind: kinds } = options;
  const { rate, baseline, detect } = config;
  const note = (text: string): void => progress.say(printable(text));
  const inputs = [...files, options.links, options.config].filter((file) => file !== undefined);
  const plot = options.plot === undefined ? undefined : plotFile(options.plot, inputs);
  const links = options.links === undefined ? [] : await readLinks(options.links);
  const analysis = new Analysis({
    rate,
    baseline,
    detect,
    timeZone,
    limits: { series: options.maxSeries, anomalies: options.maxAnomalies },
  });
  const refused: ConfigError[] = [];
  const metrics = new Set<string>();
  await readFiles(files, {
    told: { columns, kinds, timeZone, dateOrder },
    sink: analysis,
    note,
    onRefused: (error) => refused.push(error),
    onMetrics: (names) => names.forEach((name) => metrics.add(name)),
    onProgress: progress.at,
  });
  analysis.finish();
  progress.end();
  noteProblems(analysis, note);
  const series = analysis.summaries().filter(({ values }) => values > 0);
  if (series.length === 0) throw nothingUsable(files, refused, analysis, metrics);
  for (const { message } of refused) note(message);
  for (const { metric } of series) metrics.add(metric);
  // What could not be read may have it.
  if (refused.length === 0) refuseUnknownMetrics(kinds, metrics);

  const stories = linkedStories(analysis, links, series, note);
  if (json) writeLines(analysis, stories, stdout);
  else {
    const paint = stdout.isTTY === true && !noColour ? coloured : plain;
    const { minConfidence, alarmConfidence } = detect;
    const forgotten = series.reduce((sum, one) => sum + one.forgotten, 0);
    stdout.write(textReport(series, stories, { timeZone, paint, minConfidence, alarmConfidence, forgotten }));
  }
  if (plot !== undefined) {
    const data = plotData(series, timeZone);
    plot.write(plotPage(data));
    note(`${plot.path}: ${counted(data.series.length, 'series', 'series')} drawn`);
  }
  return refused.length === 0;
}

function noteProblems({ problems, problemCount }: Analysis, note: Note): void {
  for (const { file, line, reason } of problems) note(`${file}:${line}: ${reason}`);
  const more = problemCount - problems.length;
  if (more > 0) note(`and ${counted(more, 'more line')} with something that could not be used`);
}

function linkedStories(
  analysis: Analysis,
  links: readonly WrittenLink[],
  series: readonly SeriesSummary[],
  note: Note,
): Story[] {
  const { linkedTo, unknown, unknownNames } = linkedPlaces(links, series);
  if (unknown > 0)
    note(
      `${counted(unknown, 'link')} of ${links.length} with names that no series has: ${unknownNames.join(', ')}`,
    );
  return storiesOf(analysis.anomalies.all(), linkedTo);
}

function writeLines(analysis: Analysis, stories: readonly Story[], stdout: AnalyzeDeps['stdout']): void {
  const first = new Map(
    stories.flatMap((story) => story.map(({ record }) => [record.anomaly_id, story[0]!.record.anomaly_id])),
  );
  for (const found of analysis.anomalies.all())
    stdout.write(`${jsonLine(found, first.get(found.record.anomaly_id) ?? found.record.anomaly_id)}\n`);
}

function nothingUsable(
  files: readonly string[],
  refused: readonly ConfigError[],
  { problemCount }: Analysis,
  metrics: ReadonlySet<string>,
): ConfigError {
  const [only] = refused;
  if (only !== undefined && refused.length === files.length)
    return refused.length === 1 ? only : new ConfigError(refused.map(({ message }) => message).join('; '));
  if (problemCount === 0)
    return new ConfigError(
      `${files.join(', ')}: all values are missing: ${listed([...metrics])} ${metrics.size === 1 ? 'has' : 'have'} nothing but empty cells, NaN and the like`,
    );
  return new ConfigError(
    `${files.join(', ')}: no value in it could be used (${counted(problemCount, 'line')} with something else): see what was taken for what above, and name columns with --time, --value, --metric`,
  );
}
