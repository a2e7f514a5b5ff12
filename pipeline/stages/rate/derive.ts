/** Metrics out of counters' growth and of each other, a column at a time, and why where there is none. */
import type { NumberColumn, Reading } from '../../model/reading.ts';
import { GOOD, NO_PACKETS, NO_SPEED, type RatePass } from './rate-pass.ts';
import type { MetricPlan } from './rate-plan.ts';

/** Computes one metric of all rows: NaN where there is no value. */
export type Deriving = (pass: RatePass) => void;

/** Is told why a row has no value for the metric, where the metrics that it is made of do not say so already. */
export type Except = (row: number, code: number) => void;

/** dot3StatsDuplexStatus */
const HALF_DUPLEX = 2;

/** The metric's column must exist; so must those of the metrics that it is made of. */
export function deriving(plan: MetricPlan, reading: Reading, except: Except): Deriving {
  const { derive } = plan;
  const values = reading.number(plan.name);
  switch (derive.kind) {
    case 'rate':
      return rate(values, plan.counters, derive.factor, except);
    case 'utilization':
      return utilization(values, reading.number(derive.of), except);
    case 'busiest':
      return busiest(values, numbers(reading, derive.of), reading.number('duplex'));
    case 'ppm':
      return ppm(values, reading.number(derive.errors), numbers(reading, derive.all), except);
    case 'larger':
      return larger(values, numbers(reading, derive.of));
  }
}

function numbers(reading: Reading, names: readonly string[]): NumberColumn[] {
  return names.map((name) => reading.number(name));
}

/** Unknown if one of the counters is, for the worst of their reasons. */
function rate(into: NumberColumn, counters: readonly number[], factor: number, except: Except): Deriving {
  return (pass) => {
    const values = into.values;
    const { dtMs } = pass;
    const first = pass.deltas[counters[0]!]!;
    for (let row = 0; row < pass.rows; row += 1) {
      let growth = first[row]!;
      for (let at = 1; at < counters.length; at += 1) growth += pass.deltas[counters[at]!]![row]!;
      values[row] = (growth * factor) / (dtMs[row]! / 1000);
      if (Number.isNaN(growth)) except(row, worst(pass, counters, row));
    }
  };
}

function worst(pass: RatePass, counters: readonly number[], row: number): number {
  let code = GOOD;
  for (let at = 0; at < counters.length; at += 1) code = Math.max(code, pass.codes[counters[at]!]![row]!);
  return code;
}

function utilization(into: NumberColumn, of: NumberColumn, except: Except): Deriving {
  return (pass) => {
    const values = into.values;
    const bps = of.values;
    for (let row = 0; row < pass.rows; row += 1) {
      const speed = pass.bitsPerSecond[row]!;
      values[row] = (bps[row]! / speed) * 100;
      if (Number.isNaN(speed) && !Number.isNaN(bps[row]!)) except(row, NO_SPEED);
    }
  };
}

/** Unknown if one is: the other may not be the busier one. */
function busiest(into: NumberColumn, of: readonly NumberColumn[], duplex: NumberColumn): Deriving {
  return (pass) => {
    const values = into.values;
    for (let row = 0; row < pass.rows; row += 1) {
      const isHalf = duplex.values[row] === HALF_DUPLEX;
      let result = of[0]!.values[row]!;
      for (let at = 1; at < of.length; at += 1) {
        const value = of[at]!.values[row]!;
        result = isHalf ? result + value : Math.max(result, value);
      }
      values[row] = result;
    }
  };
}

function ppm(
  into: NumberColumn,
  errors: NumberColumn,
  all: readonly NumberColumn[],
  except: Except,
): Deriving {
  return (pass) => {
    const values = into.values;
    for (let row = 0; row < pass.rows; row += 1) {
      let sum = 0;
      for (let at = 0; at < all.length; at += 1) sum += all[at]!.values[row]!;
      // 0 / 0 is NaN: nothing passed, so no share of it is known.
      values[row] = (errors.values[row]! / sum) * 1e6;
      if (sum === 0) {
        values[row] = Number.NaN;
        except(row, NO_PACKETS);
      }
    }
  };
}

function larger(into: NumberColumn, of: readonly NumberColumn[]): Deriving {
  return (pass) => {
    const values = into.values;
    for (let row = 0; row < pass.rows; row += 1) {
      let result = Number.NaN;
      for (let at = 0; at < of.length; at += 1) {
        const value = of[at]!.values[row]!;
        if (!(value <= result)) result = Number.isNaN(value) ? result : value;
      }
      values[row] = result;
    }
  };
}
