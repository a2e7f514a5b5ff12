/**
 * What ratios of CPU time are taken against: JSON.parse of the same polls as text, interleaved with what is measured.
 * It is V8's own, so none of our changes moves it, and a slow machine or a noisy neighbour slows both.
 */
import type { Codec } from '../../pipeline/codec/port.ts';
import { columnSpecs } from '../../pipeline/codec/reading-columns.ts';
import type { Reading } from '../../pipeline/model/reading.ts';
import { catalogue, rowFields } from '../../topics/catalogue.ts';
import { assertValid } from './bench.ts';

export interface Yardstick {
  /** Parses every poll `times` times. @returns CPU ns a row. */
  measure(times?: number): number;
}

/** `values` are records of raw.interface. */
export async function yardstick(codec: Codec, values: readonly Buffer[]): Promise<Yardstick> {
  const decoder = codec.readingDecoder('raw.interface');
  const reading = codec.newReading('raw.interface');
  await decoder.prepare(values);
  let rows = 0;
  const texts = values.map((value) => {
    assertValid(decoder.decode(value, reading) === undefined, 'a reading cannot be decoded');
    rows += reading.rowCount;
    return JSON.stringify(rowsOf(reading));
  });
  return {
    measure(times = 1) {
      const before = process.cpuUsage();
      let parsed = 0;
      for (let time = 0; time < times; time += 1)
        for (const text of texts) parsed += (JSON.parse(text) as unknown[]).length;
      const { user, system } = process.cpuUsage(before);
      assertValid(parsed === rows * times, `${parsed} rows were parsed`);
      return ((user + system) * 1000) / parsed;
    },
  };
}

/** 64-bit counters as decimals, as JSON has them. */
function rowsOf(reading: Reading): Record<string, unknown>[] {
  const specs = columnSpecs(rowFields(catalogue['raw.interface']));
  return Array.from({ length: reading.rowCount }, (_, row) =>
    Object.fromEntries(
      specs.map(({ name, kind }): [string, unknown] => {
        if (kind === 'number') return [name, reading.number(name).values[row]];
        if (kind === 'text') return [name, reading.text(name).get(row)];
        const { hi, lo } = reading.counter(name);
        return [name, String((BigInt(hi[row]!) << 32n) | BigInt(lo[row]!))];
      }),
    ),
  );
}
