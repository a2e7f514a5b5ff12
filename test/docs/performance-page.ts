/** Every figure of the recorded full runs, with its conditions and what it should reach. */
import type { Bench } from '../bench/bench.ts';
import { BENCHES } from '../bench/catalogue.ts';
import { formatted, reached, targetText, type Figure } from '../bench/figure.ts';
import { machineText } from '../bench/machine.ts';
import { readRecording, type Recording } from '../bench/recorded.ts';
import { REMARKS } from '../bench/remarks.ts';
import { table } from './table.ts';

type Read = (bench: string) => Recording | undefined;

/** `read` gives what was recorded of a bench. */
export function performancePage(
  benches: readonly Bench[] = BENCHES,
  read: Read = readRecording,
  remarks: Readonly<Record<string, string>> = REMARKS,
): string {
  return [
    '# Performance',
    'Figures of recorded full runs: the median of the runs and the lowest and highest of them. No figure is taken from a run whose output was not checked. A ratio sets things of one run against each other and travels between machines; the others hold for the machine named. A sample is one counter of one interface of one poll.',
    'To measure yourself: `npm run bench -- --list` names the benches, `npm run bench -- NAME` runs one. To record one for this page: `npm run bench -- NAME --record --conditions idle`, then `npm run docs`. What the figures mean for a network of your size: [scaling](scaling.md).',
    ...benches.flatMap((bench) => section(bench, read(bench.name), remarks)),
  ].join('\n\n');
}

function section(
  { name, measures, minutes }: Bench,
  recording: Recording | undefined,
  remarks: Readonly<Record<string, string>>,
): string[] {
  const heading = [`## ${name}`, `${capital(measures)}. \`npm run bench -- ${name}\`, about ${minutes} min.`];
  if (recording === undefined) return [...heading, 'Not recorded yet.'];
  const { date, commit, machine, conditions, figures } = recording;
  const notes = figures.flatMap((figure) => {
    const remark = remarks[figure.name];
    return remark === undefined ? [] : [`- ${figure.name}: ${remark}`];
  });
  return [
    ...heading,
    `Recorded on ${date} at ${commit}: ${machineText(machine)}; ${conditions}.`,
    table(['figure', 'median', 'unit', 'lowest - highest', 'runs', 'target', 'reached'], figures.map(cells)),
    ...(notes.length === 0 ? [] : [notes.join('\n')]),
  ];
}

function cells(figure: Figure): string[] {
  const { name, unit, median, min, max, runs, target } = figure;
  const verdict = reached(figure);
  return [
    name,
    formatted(median),
    unit,
    `${formatted(min)} - ${formatted(max)}`,
    String(runs),
    target === undefined ? '' : targetText(target),
    verdict === undefined ? '' : verdict === 'missed' ? '**missed**' : verdict,
  ];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
