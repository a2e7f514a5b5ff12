/** Every bench, a row each: adding one is adding its row here. `npm run bench -- --list` prints them. */
import { closest } from 'fastest-levenshtein';
import type { Bench } from './bench.ts';
import { checkpoint } from './checkpoint.bench.ts';
import { kafka } from './kafka.bench.ts';
import { leanKafka, leanKafkaSteady, leanRestart } from './lean/lean-kafka.bench.ts';
import { lean } from './lean/lean.bench.ts';
import { latency } from './latency/latency.bench.ts';
import { matrix, matrixKafka } from './matrix/matrix.bench.ts';
import { restart } from './restart.bench.ts';
import { sinkFanOut } from './sink/fan-out.bench.ts';
import { sink } from './sink/sink.bench.ts';
import { snmp, snmp10k } from './snmp/snmp.bench.ts';
import { stages } from './stages.bench.ts';

export const BENCHES: readonly Bench[] = [
  stages,
  matrix,
  lean,
  kafka,
  matrixKafka,
  leanKafka,
  leanKafkaSteady,
  leanRestart,
  checkpoint,
  restart,
  sink,
  sinkFanOut,
  latency,
  snmp,
  snmp10k,
];

/** The benches of these names, all without names. @throws RangeError naming the nearest of an unknown one. */
export function benchesNamed(names: readonly string[], from: readonly Bench[] = BENCHES): readonly Bench[] {
  if (names.length === 0) return from;
  return names.map((name) => {
    const found = from.find((bench) => bench.name === name);
    if (found !== undefined) return found;
    const known = from.map((bench) => bench.name);
    throw new RangeError(
      `there is no bench "${name}": the nearest is ${closest(name, known)}; --list shows all`,
    );
  });
}

/** Those that have a small run. @throws RangeError naming one that has none, or is unknown. */
export function quickBenches(names: readonly string[], from: readonly Bench[] = BENCHES): readonly Bench[] {
  const named = benchesNamed(names, from);
  const without = named.find(({ quick }) => quick === undefined);
  if (without !== undefined && names.length > 0)
    throw new RangeError(`"${without.name}" has no small run: those with [quick] in --list have`);
  return named.filter(({ quick }) => quick !== undefined);
}

/** For `--list`. */
export function listText(from: readonly Bench[] = BENCHES): string {
  const rows = from.map(
    ({ name, minutes, measures, quick }) =>
      `${name.padEnd(16)} ${`${minutes} min`.padStart(7)}  ${measures}${quick === undefined ? '' : ' [quick]'}\n`,
  );
  const total = from.reduce((sum, { minutes }) => sum + minutes, 0);
  return `${rows.join('')}All take about ${total} minutes; "quick" runs those marked, small.\n`;
}
