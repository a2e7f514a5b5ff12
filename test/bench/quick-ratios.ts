/**
 * What the ratios of `npm run bench -- quick` are held to: those of the recorded quick runs, on an idle machine and on
 * a busy one. A ratio may be worse than the worst of them by MARGIN.
 *
 *   npm run bench -- quick --record --conditions idle    adds a run; delete the file first when a change is meant
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { formatted, type Figure } from './figure.ts';
import type { Machine } from './machine.ts';

const FILE = new URL('recorded/quick.json', import.meta.url);

/** Of the worst recorded value: what another machine's caches and a noisy neighbour may add. */
const MARGIN = 0.25;

export interface RecordedRun {
  readonly date: string;
  readonly machine: Machine;
  readonly conditions: string;
  /** Median by the figure's name. */
  readonly ratios: Readonly<Record<string, number>>;
}

export function recordedRatios(file = FILE): readonly RecordedRun[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RecordedRun[]) : [];
}

/** Adds the ratios of a quick run to those recorded. */
export function recordRatios(
  figures: readonly Figure[],
  { date, machine, conditions }: Omit<RecordedRun, 'ratios'>,
  file = FILE,
): void {
  const ratios = Object.fromEntries(guarded(figures).map(({ name, median }) => [name, median]));
  const runs = [...recordedRatios(file), { date, machine, conditions, ratios }];
  writeFileSync(file, `${JSON.stringify(runs, undefined, 2)}\n`);
}

/** A line for each ratio that is worse than it may be, or that nobody recorded. Less is better unless it says otherwise. */
export function judged(figures: readonly Figure[], recorded: readonly RecordedRun[]): string[] {
  return guarded(figures).flatMap(({ name, median, min, max, target }) => {
    const values = recorded.flatMap(({ ratios }) => ratios[name] ?? []);
    const rerecord = 'npm run bench -- quick --record --conditions "..."';
    if (values.length === 0) return [`${name}: no run is recorded: ${rerecord}`];
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const better = target?.better ?? 'lower';
    const bound = better === 'lower' ? high * (1 + MARGIN) : low / (1 + MARGIN);
    if (better === 'lower' ? median <= bound : median >= bound) return [];
    return [
      `${name} has become worse: ${formatted(median)} (${formatted(min)} - ${formatted(max)}); recorded are ` +
        `${formatted(low)} - ${formatted(high)} in ${values.length} runs, and ${formatted(bound)} is the bound. If the ` +
        `change is meant, delete test/bench/recorded/quick.json and record it anew: ${rerecord}, 5 times or more, ` +
        'some of them on a busy machine',
    ];
  });
}

function guarded(figures: readonly Figure[]): readonly Figure[] {
  return figures.filter(({ kind }) => kind === 'ratio');
}
