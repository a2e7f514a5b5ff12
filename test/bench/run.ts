/**
 *   npm run bench -- --list                          what can be measured, and how long it takes
 *   npm run bench [-- NAME...] [--json]              full runs: every figure with runs, median and spread
 *   npm run bench -- NAME --record --conditions idle     kept in test/bench/recorded/, for docs/performance.md
 *   npm run bench -- quick [NAME...] [--json]        small runs for CI: exit code 1 when a ratio has become worse
 *   npm run bench -- quick --record --conditions idle    adds this run to what ratios are held to
 *
 * Figures go to standard output, progress to standard error. Ctrl-C ends everything that was started.
 */
import { parseArgs } from 'node:util';
import { ConfigError } from '../../pipeline/model/errors.ts';
import type { Bench } from './bench.ts';
import { benchesNamed, listText, quickBenches } from './catalogue.ts';
import { runContext } from './context.ts';
import { figureLine, type Figure } from './figure.ts';
import { machineText, thisCommit, thisMachine } from './machine.ts';
import { judged, recordedRatios, recordRatios } from './quick-ratios.ts';
import { writeRecording } from './recorded.ts';

const toStderr = (line: string): void => void process.stderr.write(`${line}\n`);
const since = (beganMs: number): string => `${Math.round((performance.now() - beganMs) / 1000)} s`;

const { values, positionals } = parseArgs({
  options: {
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    /** What else the machine does; kept with a record. */
    conditions: { type: 'string' },
  },
  allowPositionals: true,
});

if (values.list) process.stdout.write(listText());
else process.exitCode = await run();

async function run(): Promise<number> {
  const isQuick = positionals[0] === 'quick';
  let benches: readonly Bench[];
  try {
    benches = isQuick ? quickBenches(positionals.slice(1)) : benchesNamed(positionals);
    if (values.record && values.conditions === undefined)
      throw new RangeError('--record needs --conditions: what else the machine does, such as "idle"');
  } catch (error) {
    toStderr((error as Error).message);
    return 2;
  }
  toStderr(machineText(thisMachine()));
  const context = runContext(toStderr);
  let interrupted = 0;
  const interrupt = (): void => {
    interrupted += 1;
    toStderr(interrupted > 1 ? 'ended' : 'ending what was started; again to end at once');
    if (interrupted > 1) process.exit(130);
    void context.end().then(() => process.exit(130));
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);
  const figures: Figure[] = [];
  let failed = 0;
  for (const bench of benches) {
    try {
      figures.push(...(await measured(bench, isQuick, context)));
    } catch (error) {
      // What was taken away from a bench under way is no failure of its own.
      if (interrupted > 0) return 130;
      // The others have figures of their own.
      failed += 1;
      toStderr(`${bench.name} failed: ${failureText(error)}`);
    }
  }
  await context.end();
  if (values.json) process.stdout.write(`${JSON.stringify({ ...circumstances(), figures })}\n`);
  if (isQuick && failed === 0) return verdict(figures);
  return failed === 0 ? 0 : 1;
}

async function measured(
  bench: Bench,
  isQuick: boolean,
  context: ReturnType<typeof runContext>,
): Promise<readonly Figure[]> {
  const measure = (isQuick ? bench.quick : bench.full)!.bind(bench);
  toStderr(isQuick ? `${bench.name} ...` : `${bench.name}: ${bench.measures} (about ${bench.minutes} min)`);
  const beganMs = performance.now();
  const figures = await measure(context);
  toStderr(`${bench.name}: ${since(beganMs)}`);
  if (!values.json) for (const each of figures) process.stdout.write(`${figureLine(each)}\n`);
  if (values.record && !isQuick) {
    writeRecording({ bench: bench.name, ...circumstances(), conditions: values.conditions!, figures });
  }
  return figures;
}

/** What is missing is said in a line; what went wrong, with where. */
function failureText(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Holds the ratios to those recorded, or records them. */
function verdict(figures: readonly Figure[]): number {
  if (values.record) {
    recordRatios(figures, { ...circumstances(), conditions: values.conditions! });
    return 0;
  }
  const worse = judged(figures, recordedRatios());
  for (const line of worse) toStderr(line);
  return worse.length === 0 ? 0 : 1;
}

function circumstances() {
  return { date: new Date().toISOString().slice(0, 10), commit: thisCommit(), machine: thisMachine() };
}
