/** Recall by the size of an anomaly, drawn with characters: a bar a size, found against found as a warning or worse. */
import { type RecallCell, type RecallReport } from '../bench/detection/recall/recall-counts.ts';
import { MAGNITUDES, SHAPES } from '../bench/detection/recall/shapes.ts';
import { table } from './table.ts';

const BAR = 30;
/** Below this share found, a size is named as one that is missed. */
const POOR = 0.5;
/** Sigmas from which on anybody would call it an anomaly. */
const PLAIN = 8;

export function recallBlock({ seed, intervalMs, cells, noises }: RecallReport): string[] {
  const sized = SHAPES.filter((shape) => shape.sized);
  const whole = SHAPES.filter((shape) => !shape.sized);
  return [
    `Polls every ${intervalMs / 1_000} s, three weeks learned, seed ${seed}. Full blocks: found as warning or worse; light: as info. Delay: polls from the first that was off to the first record, median and 90th percentile.`,
    `\`\`\`text\n${sized.map(({ name }) => curve(name, cells)).join('\n\n')}\n\`\`\``,
    'What was found was called:',
    namesTable(cells),
    'Found, by noise (all seasonalities), at 8 sigma and, where the shape has no size, as it is:',
    table(
      ['noise', ...SHAPES.map(({ name }) => name)],
      noises.map(({ noise, cells: some }) => [
        noise,
        ...SHAPES.map(({ name, sized: hasSize }) => share(some, name, hasSize ? PLAIN : null)),
      ]),
    ),
    poorText(sized.map(({ name }) => name).concat(whole.map(({ name }) => name)), noises),
  ];
}

function curve(name: string, cells: readonly RecallCell[]): string {
  const lines = MAGNITUDES.flatMap((magnitude) => {
    const cell = cells.find((one) => one.shape === name && one.magnitude === magnitude);
    if (cell === undefined) return [];
    const full = Math.round(cell.severe * BAR);
    const bar = ('█'.repeat(full) + '░'.repeat(Math.max(0, Math.round(cell.recall * BAR) - full))).padEnd(
      BAR,
    );
    const delay = cell.delayMedian === null ? '' : `  delay ${cell.delayMedian}, ${cell.delayP90}`;
    return [`${String(magnitude).padStart(4)} sigma |${bar}| ${percent(cell.recall).padStart(5)}${delay}`];
  });
  return [name, ...lines].join('\n');
}

function namesTable(cells: readonly RecallCell[]): string {
  const types = ['spike', 'drop', 'trend', 'flatline', 'oscillation'];
  return table(
    ['shape', ...types],
    SHAPES.map(({ name }) => {
      const some = cells.filter((cell) => cell.shape === name);
      const of = (type: string): number => some.reduce((sum, cell) => sum + (cell.types[type] ?? 0), 0);
      const all = types.reduce((sum, type) => sum + of(type), 0);
      return [name, ...types.map((type) => (of(type) === 0 ? '' : percent(of(type) / all)))];
    }),
  );
}

function poorText(names: readonly string[], noises: RecallReport['noises']): string {
  const poor = names
    .filter((name) => name !== 'nothing')
    .flatMap((name) => {
      const bad = noises.filter(({ cells }) => {
        const cell = cellOf(cells, name, PLAIN) ?? cellOf(cells, name, null);
        return cell !== undefined && cell.recall < POOR;
      });
      return bad.length === 0 ? [] : [`${name} in ${bad.map(({ noise }) => noise).join(', ')}`];
    });
  return poor.length === 0
    ? 'Of every shape and noise at least half is found from 8 sigma on.'
    : `Less than half is found, even at 8 sigma, of: ${poor.join('; ')}.`;
}

function share(cells: readonly RecallCell[], name: string, magnitude: number | null): string {
  const cell = cellOf(cells, name, magnitude);
  return cell === undefined ? '' : percent(cell.recall);
}

function cellOf(
  cells: readonly RecallCell[],
  name: string,
  magnitude: number | null,
): RecallCell | undefined {
  return cells.find((cell) => cell.shape === name && cell.magnitude === magnitude);
}

function percent(of: number): string {
  return `${(100 * of).toFixed(0)} %`;
}
