/** Step 7: octets that the line or the packets could not carry, and counters that were reset, void the whole row. */
import type { RowPass } from './row-pass.ts';
import type { Reason } from './reasons.ts';

const UTILIZATION_SLACK = 1.2;
const ENOUGH_PACKETS = 100;
const MTU_SLACK = 40;
const LARGEST_PACKET = 65_535;
/** With few packets only what half a phantom wrap would add is refused. */
const PHANTOM_OCTETS = 2 ** 31;

export function judgePlausibility(row: RowPass): void {
  for (const direction of ['in', 'out']) {
    if (row.verdict !== 'good') return;
    const { delta, reason } = row.outcomes.get(`${direction}_octets`)!;
    if (reason === 'reset') voidRow(row, 'reset');
    else if (reason === 'good' && !isPlausible(row, direction, delta!)) voidRow(row, 'implausible');
  }
}

function isPlausible(row: RowPass, direction: string, octets: number): boolean {
  const { speedMbps, dt } = row;
  if (speedMbps !== null && octets * 8 > UTILIZATION_SLACK * (speedMbps * 1e6) * (dt! / 1000)) return false;
  const casts = ['unicast', 'multicast', 'broadcast'].map((cast) =>
    row.outcomes.get(`${direction}_${cast}_packets`)!,
  );
  if (casts.some(({ reason }) => reason !== 'good')) return true;
  const packets = casts.reduce((sum, { delta }) => sum + delta!, 0);
  if (packets < ENOUGH_PACKETS) return octets <= PHANTOM_OCTETS;
  const mtu = Number(row.raw['mtu'] ?? 0);
  const largest = (mtu > 0 ? mtu : LARGEST_PACKET) + MTU_SLACK;
  return octets >= packets * row.minPacketOctets && octets <= packets * largest;
}

/** Whatever did that to the octets did it to the row's other counters too; samples of before are no base any more. */
function voidRow(row: RowPass, reason: Reason): void {
  row.verdict = reason;
  for (const [name, { carried }] of row.outcomes) {
    row.outcomes.set(name, { delta: null, reason, carried });
    const state = row.state.counters.get(name)!;
    if (state.heldAt === null) continue;
    const { lapsed, pinned } = state;
    Object.assign(state, { width: 'none', value: 0n, low: null, heldAt: null, frozen: 0, lapsed, pinned });
  }
}
