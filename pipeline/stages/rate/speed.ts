/** What a row's interface can carry: bits a second, and in how small packets. */
import type { NumberColumn, Reading } from '../../model/reading.ts';
import type { RatePass } from './rate-pass.ts';
import { MIN_PACKET_OCTETS } from './rate-plan.ts';

/** ifSpeed holds 32 bits: from 4.29 Gb/s on it says no more than that. */
const IF_SPEED_SATURATED = 4_294_967_295;
/** 10 Tb/s. Above, ifHighSpeed was reported in another unit. */
const MAX_HIGH_SPEED_MBPS = 10_000_000;

/**
 * IANAifType of interfaces without a line of their own: softwareLoopback, propVirtual, tunnel. What they report as
 * speed is a figure for routing protocols (10 Mb/s of Linux's lo, 9 kb/s of a tunnel), not a limit.
 */
function isNominal(ifType: number): boolean {
  return ifType === 24 || ifType === 53 || ifType === 131;
}

/** An IPv4 header: such interfaces count packets without a link's frame around them. */
const MIN_BARE_PACKET_OCTETS = 20;

/**
 * Mb/s: the inventory's override, else NaN for an interface without a line of its own, else ifHighSpeed (Mb/s) if it is sane, else ifSpeed (bit/s) unless it is 0 or
 * saturated, else NaN. ifHighSpeed is rounded to whole Mb/s (RFC 2863): where ifSpeed rounds to it, ifSpeed is the
 * same speed exactly (a T1 line is 1.544 Mb/s, not 2).
 */
export function speedMbps(
  override: number,
  ifHighSpeed: number,
  ifSpeed: number,
  ifType = Number.NaN,
): number {
  if (override > 0) return override;
  if (isNominal(ifType)) return Number.NaN;
  const exact = ifSpeed > 0 && ifSpeed < IF_SPEED_SATURATED ? ifSpeed / 1e6 : Number.NaN;
  if (!(ifHighSpeed > 0 && ifHighSpeed <= MAX_HIGH_SPEED_MBPS)) return exact;
  return Math.abs(exact - ifHighSpeed) <= 0.5 ? exact : ifHighSpeed;
}

export class Speeds {
  readonly #override: NumberColumn;
  readonly #ifHighSpeed: NumberColumn;
  readonly #ifSpeed: NumberColumn;
  readonly #ifType: NumberColumn;
  readonly #speedMbps: NumberColumn;

  constructor(reading: Reading) {
    const names = ['speed_override_mbps', 'if_high_speed', 'if_speed', 'if_type', 'speed_mbps'];
    reading.add(names.map((name) => ({ name, kind: 'number' })));
    this.#override = reading.number('speed_override_mbps');
    this.#ifHighSpeed = reading.number('if_high_speed');
    this.#ifSpeed = reading.number('if_speed');
    this.#ifType = reading.number('if_type');
    this.#speedMbps = reading.number('speed_mbps');
  }

  /** Sets speed_mbps of the rows, bitsPerSecond and minPacketOctets of the pass. */
  fill(pass: RatePass): void {
    const override = this.#override.values;
    const high = this.#ifHighSpeed.values;
    const low = this.#ifSpeed.values;
    const type = this.#ifType.values;
    const mbps = this.#speedMbps.values;
    const { rows, bitsPerSecond, minPacketOctets } = pass;
    for (let row = 0; row < rows; row += 1) {
      const speed = speedMbps(override[row]!, high[row]!, low[row]!, type[row]);
      mbps[row] = speed;
      bitsPerSecond[row] = speed * 1e6;
      minPacketOctets[row] = isNominal(type[row]!) ? MIN_BARE_PACKET_OCTETS : MIN_PACKET_OCTETS;
    }
  }
}
