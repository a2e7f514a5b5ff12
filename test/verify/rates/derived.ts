/** Metrics out of counters' growth (notes, Derived values), and why where there is none. */
import type { MetricException } from '../records.ts';
import { worst, type Reason } from './reasons.ts';
import type { RowPass } from './row-pass.ts';

type Metrics = ReadonlyMap<string, number | null>;

const known = (metrics: Metrics, name: string): number | null => metrics.get(name) ?? null;

/** A metric of a row: its value, or null and, where nothing else says it, why. */
type Derivation = (row: RowPass, metrics: Metrics) => { value: number | null; reason?: Reason };

const CASTS = ['unicast_packets', 'multicast_packets', 'broadcast_packets'];

function perSecond(factor: number, ...counters: readonly string[]): Derivation {
  return ({ outcomes, dt }) => {
    const reasons = counters.map((name) => outcomes.get(name)!.reason);
    const reason = worst(reasons);
    if (reason !== 'good') return { value: null, reason };
    const growth = counters.reduce((sum, name) => sum + outcomes.get(name)!.delta!, 0);
    return { value: (growth * factor) / (dt! / 1000) };
  };
}

function utilization(of: string): Derivation {
  return ({ speedMbps }, metrics) => {
    const bps = known(metrics, of);
    if (bps === null) return { value: null };
    if (speedMbps === null) return { value: null, reason: 'no_speed' };
    return { value: (bps / (speedMbps * 1e6)) * 100 };
  };
}

function ppm(errors: string, ...all: readonly string[]): Derivation {
  return (_row, metrics) => {
    const rates = all.map((name) => known(metrics, name)).filter((rate) => rate !== null);
    if (rates.length < all.length) return { value: null };
    const sum = rates.reduce((total, rate) => total + rate, 0);
    if (sum === 0) return { value: null, reason: 'no_packets' };
    return { value: (known(metrics, errors)! / sum) * 1e6 };
  };
}

/** Half duplex shares one line; else the busier direction. Unknown if one is. */
const busier: Derivation = ({ raw }, metrics) => {
  const rx = known(metrics, 'rx_utilization_pct');
  const tx = known(metrics, 'tx_utilization_pct');
  if (rx === null || tx === null) return { value: null };
  return { value: raw['duplex'] === 2 ? rx + tx : Math.max(rx, tx) };
};

const worseDirection: Derivation = (_row, metrics) => {
  const values = ['rx_error_ppm', 'tx_error_ppm']
    .map((name) => known(metrics, name))
    .filter((value) => value !== null);
  return { value: values.length === 0 ? null : Math.max(...values) };
};

/** In the order in which exceptions list them. */
const METRICS: readonly (readonly [string, Derivation])[] = [
  ['rx_bps', perSecond(8, 'in_octets')],
  ['tx_bps', perSecond(8, 'out_octets')],
  ...CASTS.flatMap((cast): [string, Derivation][] => [
    [`rx_${cast.replace('packets', 'pps')}`, perSecond(1, `in_${cast}`)],
    [`tx_${cast.replace('packets', 'pps')}`, perSecond(1, `out_${cast}`)],
  ]),
  ['rx_pps', perSecond(1, ...CASTS.map((cast) => `in_${cast}`))],
  ['tx_pps', perSecond(1, ...CASTS.map((cast) => `out_${cast}`))],
  ['rx_error_rate', perSecond(1, 'in_errors')],
  ['tx_error_rate', perSecond(1, 'out_errors')],
  ['rx_discard_rate', perSecond(1, 'in_discards')],
  ['tx_discard_rate', perSecond(1, 'out_discards')],
  ['rx_utilization_pct', utilization('rx_bps')],
  ['tx_utilization_pct', utilization('tx_bps')],
  ['rx_error_ppm', ppm('rx_error_rate', 'rx_pps', 'rx_error_rate', 'rx_discard_rate')],
  ['tx_error_ppm', ppm('tx_error_rate', 'tx_pps', 'tx_error_rate', 'tx_discard_rate')],
  ['utilization_pct', busier],
  ['error_rate_ppm', worseDirection],
];

const MAX_EXCEPTIONS = 500;
const MAX_ORDINARY = 400;
const ORDINARY: ReadonlySet<Reason> = new Set(['no_speed', 'no_packets', 'not_supported']);

/** Every metric of every row, and the exceptions: metrics without a value for another reason than the row's quality. */
export function derive(
  rows: readonly RowPass[],
  qualities: readonly Reason[],
): { metrics: Metrics[]; exceptions: MetricException[] } {
  const metrics = rows.map(() => new Map<string, number | null>());
  const exceptions: MetricException[] = [];
  let ordinary = 0;
  for (const [metric, derivation] of METRICS) {
    for (const [row, pass] of rows.entries()) {
      const { value, reason } = derivation(pass, metrics[row]!);
      metrics[row]!.set(metric, value);
      if (reason === undefined || reason === qualities[row] || exceptions.length >= MAX_EXCEPTIONS) continue;
      if (ORDINARY.has(reason)) {
        if (ordinary >= MAX_ORDINARY) continue;
        ordinary += 1;
      }
      exceptions.push({ row, metric, reason });
    }
  }
  return { metrics, exceptions };
}
