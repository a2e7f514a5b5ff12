/** Whether octets can be true: against the speed, and against the packets that carried them. */
import { GOOD, IMPLAUSIBLE, RESET, type RatePass } from './rate-pass.ts';
import type { DirectionPlan } from './rate-plan.ts';
import type { RateSettings } from './rate-settings.ts';

/** The largest IP packet: what an interface of unknown MTU may carry. */
const MAX_MTU = 65_535;
/**
 * With too few packets to judge by their mean, only octets beyond anything that reads a moment apart could explain
 * are refused: half of what a phantom wrap adds.
 */
const PHANTOM_OCTETS = 2 ** 31;

/**
 * Voids rows whose octets were reset or cannot be true: whatever did that did it to the row's other counters too.
 * A phantom: net-snmp takes the fall of a recreated port for a 32-bit wrap and reports 2^32 + 516 in 64 bits.
 * True if there was one.
 */
export function judgePlausibility(
  pass: RatePass,
  directions: readonly DirectionPlan[],
  mtu: Float64Array,
  settings: RateSettings,
): boolean {
  let voided = false;
  for (const { octets, packets } of directions) {
    const deltas = pass.deltas[octets]!;
    const codes = pass.codes[octets]!;
    for (let row = 0; row < pass.rows; row += 1) {
      if (pass.breaks[row] !== GOOD) continue;
      if (codes[row] === RESET) {
        pass.voidRow(row, RESET);
        voided = true;
      } else if (codes[row] === GOOD) {
        const bits = deltas[row]! * 8;
        const bound = settings.utilizationSlack * pass.bitsPerSecond[row]! * (pass.dtMs[row]! / 1000);
        if (bits > bound || !carriesOctets(pass, row, deltas[row]!, packets, mtu[row]!, settings)) {
          pass.voidRow(row, IMPLAUSIBLE);
          voided = true;
        }
      }
    }
  }
  return voided;
}

/** Whether that many packets can hold that many octets; true where the packets are not known. */
function carriesOctets(
  pass: RatePass,
  row: number,
  octets: number,
  packets: readonly number[],
  mtu: number,
  settings: RateSettings,
): boolean {
  if (packets.length === 0) return true;
  let count = 0;
  for (let at = 0; at < packets.length; at += 1) count += pass.deltas[packets[at]!]![row]!;
  if (Number.isNaN(count)) return true;
  if (count < settings.minPacketsToJudge) return octets <= PHANTOM_OCTETS;
  const largest = (mtu > 0 ? mtu : MAX_MTU) + settings.mtuSlack;
  return octets >= count * pass.minPacketOctets[row]! && octets <= count * largest;
}
