/** Files through the readers of `netsigma analyze`: every value as it arrives, in a line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ToldColumns } from '../../pipeline/analyze/input/column-choice.ts';
import type { DateOrder } from '../../pipeline/analyze/input/date-forms.ts';
import { readFiles } from '../../pipeline/analyze/input/read-files.ts';
import type {
  SampleKind,
  SampleSink,
  SeriesIntake,
  SeriesName,
} from '../../pipeline/analyze/input/sample.ts';

export interface ReadSamples {
  /** `seconds entity/instance/metric value kind unit speed`, without what is not there. */
  readonly samples: string[];
  readonly series: SeriesName[];
  readonly problems: string[];
  readonly notes: string[];
  readonly refused: string[];
  readonly progress: (readonly [number, number | undefined])[];
}

export interface ReadSamplesOptions {
  readonly name?: string;
  readonly columns?: ToldColumns;
  readonly kinds?: readonly (readonly [string, SampleKind])[];
  readonly timeZone?: string;
  readonly dateOrder?: DateOrder;
}

/** `content` as a file of this name; without an entity of its own it is called by it. */
export async function readSamples(
  content: string | Buffer,
  { name = 'x.csv', ...options }: ReadSamplesOptions = {},
): Promise<ReadSamples> {
  const folder = mkdtempSync(join(tmpdir(), 'netsigma-analyze-'));
  try {
    const file = join(folder, name);
    writeFileSync(file, content);
    const read = await readAll([file], options);
    const short = (texts: string[]): string[] => texts.map((text) => text.replaceAll(`${folder}/`, ''));
    return { ...read, notes: short(read.notes), refused: short(read.refused) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export async function readAll(
  files: readonly string[],
  { columns = {}, kinds = [], timeZone = 'UTC', dateOrder }: Omit<ReadSamplesOptions, 'name'> = {},
): Promise<ReadSamples> {
  const read: ReadSamples = { samples: [], series: [], problems: [], notes: [], refused: [], progress: [] };
  const known = new Map<string, SeriesIntake>();
  const sink: SampleSink = {
    series(name) {
      const key = JSON.stringify(name);
      const intake = known.get(key) ?? collecting(name, read.samples);
      if (!known.has(key)) read.series.push(name);
      known.set(key, intake);
      return intake;
    },
    problem: ({ line, reason }) => void read.problems.push(`${line}: ${reason}`),
  };
  await readFiles(files, {
    told: { columns, kinds: new Map(kinds), timeZone, dateOrder },
    sink,
    note: (text) => void read.notes.push(text),
    onRefused: ({ message }) => void read.refused.push(message),
    onProgress: (done, of) => void read.progress.push([done, of]),
  });
  return read;
}

function collecting({ entity, instance, metric, kind, unit }: SeriesName, samples: string[]): SeriesIntake {
  const name = [entity, instance, metric].filter((part) => part !== '').join('/');
  return {
    kind,
    speedBps: Number.NaN,
    take(timeMs, value, cell) {
      const shown = Number.isNaN(value) ? cell.trim() : String(value);
      const rest = [kind === 'gauge' ? null : kind, unit, Number.isNaN(this.speedBps) ? null : this.speedBps];
      samples.push([timeMs / 1000, name, shown, ...rest].filter((part) => part !== null).join(' '));
      return undefined;
    },
  };
}
