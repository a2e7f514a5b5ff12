/** However a recording is written down, its samples are the same. */
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { readSamples } from '../../support/read-samples.ts';

interface Recording {
  readonly entities: readonly string[];
  readonly instances: readonly string[];
  readonly metrics: readonly string[];
  readonly timesMs: readonly number[];
  /** By time, entity, instance and metric; null was not measured. */
  readonly value: (...at: readonly [number, number, number, number]) => number | null;
}

/** Letters, and whatever a cell must put into quotes. */
const name = fc
  .string({
    unit: fc.constantFrom('a', 'B', 'ü', '漢', '1', ' ', ',', ';', '"', "'", '\t', '|', '/', '\n'),
    maxLength: 5,
  })
  .map((text) => `r${text}x`);
const names = fc.uniqueArray(name, { minLength: 1, maxLength: 3 });

const recording: fc.Arbitrary<Recording> = fc
  .record({
    entities: names,
    instances: names,
    metrics: names,
    timesMs: fc
      .uniqueArray(fc.integer({ min: 1_000_000_000, max: 2_000_000_000 }), { minLength: 3, maxLength: 6 })
      .map((times) => times.sort((a, b) => a - b).map((time) => time * 1000)),
    values: fc.array(
      fc.oneof(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.integer(), fc.constant(null)),
      {
        minLength: 200,
        maxLength: 200,
      },
    ),
  })
  .map(({ values, ...rest }) => ({
    ...rest,
    value: (time, entity, instance, metric) => {
      // The first time is whole: what a column holds is known.
      const value = values[((time * 3 + entity) * 3 + instance) * 3 + metric] ?? null;
      return value === null && time === 0 ? 0.5 : value === 0 ? 0.25 : value;
    },
  }));

interface Row {
  readonly time: number;
  readonly entity: string;
  readonly instance: string;
  readonly metrics: readonly (readonly [string, number | null])[];
}

function rows({ entities, instances, metrics, timesMs, value }: Recording): Row[] {
  return timesMs.flatMap((time, t) =>
    entities.flatMap((entity, e) =>
      instances.map((instance, i) => ({
        time,
        entity,
        instance,
        metrics: metrics.map((metric, m) => [metric, value(t, e, i, m)] as const),
      })),
    ),
  );
}

interface Dialect {
  readonly delimiter: string;
  readonly end: string;
  readonly comma: boolean;
  readonly time: (ms: number) => string;
}

const TIMES: readonly Dialect['time'][] = [
  (ms) => new Date(ms).toISOString(),
  (ms) => new Date(ms).toISOString().slice(0, 19).replace('T', ' '),
  (ms) => String(ms / 1000),
  (ms) => String(ms),
  (ms) => `${ms}000000`,
  (ms) => {
    const [date, clock] = new Date(ms).toISOString().slice(0, 19).split('T') as [string, string];
    return `${date.split('-').reverse().join('.')} ${clock}`;
  },
];

const dialect: fc.Arbitrary<Dialect> = fc
  .record({
    delimiter: fc.constantFrom(',', ';', '\t', '|'),
    end: fc.constantFrom('\n', '\r\n'),
    comma: fc.boolean(),
    time: fc.constantFrom(...TIMES),
  })
  .map((one) => ({ ...one, comma: one.comma && one.delimiter === ';' }));

function quoted(text: string): string {
  return /[",;\t|'\s]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function written(
  table: readonly (readonly (string | number | null)[])[],
  { delimiter, end, comma }: Dialect,
): string {
  const cell = (value: string | number | null): string => {
    if (value === null) return '';
    if (typeof value === 'string') return quoted(value);
    return comma ? String(value).replace('.', ',') : String(value);
  };
  return table.map((row) => row.map(cell).join(delimiter)).join(end);
}

function wide(recorded: Recording, style: Dialect): string {
  const table = rows(recorded).map(({ time, entity, instance, metrics }) => [
    style.time(time),
    entity,
    instance,
    ...metrics.map(([, value]) => value),
  ]);
  return written([['time', 'device', 'ifName', ...recorded.metrics], ...table], style);
}

function long(recorded: Recording, style: Dialect): string {
  const table = rows(recorded).flatMap(({ time, entity, instance, metrics }) =>
    metrics.map(([metric, value]) => [style.time(time), entity, instance, metric, value]),
  );
  return written([['time', 'entity', 'instance', 'metric', 'value'], ...table], style);
}

function jsonLong(recorded: Recording): string {
  return rows(recorded)
    .flatMap(({ time, metrics, ...labels }) =>
      metrics.map(([metric, value]) => JSON.stringify({ value, metric, ...labels, time: time / 1000 })),
    )
    .join('\n');
}

function jsonWide(recorded: Recording): string {
  return rows(recorded)
    .map(({ time, metrics, ...labels }) =>
      JSON.stringify({ time: new Date(time), ...labels, ...Object.fromEntries(metrics) }),
    )
    .join('\n');
}

/** What every reading of it must give. Cells are trimmed, and a line break within one is a blank to nobody. */
function expected(recorded: Recording): string[] {
  return rows(recorded)
    .flatMap(({ time, entity, instance, metrics }) =>
      metrics.flatMap(([metric, value]) =>
        value === null ? [] : [`${time / 1000} ${[entity, instance, metric].join('/')} ${value}`],
      ),
    )
    .sort();
}

describe('a recording', () => {
  it('gives the same samples in long and wide form, with every delimiter, as JSON lines, and packed', async () => {
    await fc.assert(
      fc.asyncProperty(recording, dialect, async (recorded, style) => {
        const wanted = expected(recorded);
        const kinds = recorded.metrics.map((metric) => [metric, 'gauge'] as const);
        const forms = [
          wide(recorded, style),
          long(recorded, style),
          jsonLong(recorded),
          jsonWide(recorded),
          gzipSync(long(recorded, style)),
        ];
        for (const form of forms) {
          const { samples, problems, refused } = await readSamples(form, { kinds });
          expect({ problems, refused }).toEqual({ problems: [], refused: [] });
          expect(samples.sort()).toEqual(wanted);
        }
      }),
      { numRuns: 40, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
    );
  });

  it('never ends the reader with anything but what it says about the file, whatever stands in it', async () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ',',
        ';',
        '"',
        '\n',
        '\r',
        '\t',
        '{',
        '}',
        '[',
        'time',
        'value',
        '1700000000',
        '2026-11-21',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), async (pieces) => {
        await readSamples(pieces.join(''));
        await readSamples(`time,value\n1700000000,1\n${pieces.join('')}\n1700000060,2\n`);
      }),
      { numRuns: 200 },
    );
  });
});
