/** A layout in a line: what a user checks a guess by. */
import { momentText } from '../report/moment.ts';
import type { Layout } from './layout.ts';
import type { SampleKind } from './sample.ts';

export interface LayoutTextOptions {
  readonly head: readonly string[];
  readonly layout: Layout;
  /** Of the metrics that are known already. */
  readonly kinds: readonly (readonly [metric: string, kind: SampleKind])[];
  /** Time of the first row that has one. */
  readonly firstMs: number | undefined;
  readonly timeZone: string;
}

/** Names that are listed at most. */
const SHOWN = 12;

export function layoutText({ head, layout, kinds, firstMs, timeZone }: LayoutTextOptions): string {
  const { time, entity, instance, long, wide, speed, ignored } = layout;
  const name = (column: number): string => head[column]!;
  const first = firstMs === undefined ? '' : ` (first ${momentText(firstMs, timeZone)} ${timeZone})`;
  const of = (wanted: SampleKind): string[] =>
    kinds.filter(([, kind]) => kind === wanted).map(([metric]) => metric);
  return [
    `time = ${time.map(name).join(' + ')}${first}`,
    ...(entity === undefined ? [] : [`entity = ${name(entity)}`]),
    ...(instance.length === 0 ? [] : [`instance = ${instance.map(name).join(' + ')}`]),
    ...(long === undefined
      ? [`${wide.length === 1 ? 'metric' : 'metrics'} = ${listed(wide.map(({ metric }) => metric))}`]
      : (['value', 'metric', 'kind', 'unit'] as const).flatMap((role) =>
          long[role] === undefined ? [] : [`${role} = ${name(long[role])}`],
        )),
    ...(of('counter').length === 0 ? [] : [`counters = ${listed(of('counter'))}`]),
    ...(of('status').length === 0 ? [] : [`statuses = ${listed(of('status'))}`]),
    ...(speed === undefined ? [] : [`speed = ${name(speed.column)}`]),
    ...reasons(ignored).map(
      ([why, columns]) => `not looked at (${why}): ${listed(columns.map((column) => name(column)))}`,
    ),
  ].join('; ');
}

function reasons(ignored: Layout['ignored']): [string, number[]][] {
  const by = new Map<string, number[]>();
  for (const { column, why } of ignored) by.set(why, [...(by.get(why) ?? []), column]);
  return [...by];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(', ');
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}
