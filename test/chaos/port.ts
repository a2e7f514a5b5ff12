/** One port of a device whose agent misbehaves: its true counters, and what the agent says about them. */
import type { Row } from '../verify/records.ts';
import type { Chance } from './chance.ts';

const TWO_32 = 1n << 32n;
const PACKETS = ['unicast_packets', 'multicast_packets', 'broadcast_packets'];
const KINDS = ['octets', ...PACKETS, 'errors', 'discards'];
const NAMES = KINDS.flatMap((kind) => [`in_${kind}`, `out_${kind}`]);

/** hc: 64 bits beside their low halves; wide: those alone; low: 32 bits alone. */
type Widths = 'hc' | 'wide' | 'low';

/** What the 64-bit counters do: work, stay 0, stand still, are gone, or are all ones. */
type HighCounters = 'work' | 'zero' | 'frozen' | 'gone' | 'ones';

export class Port {
  index: number;
  readonly #chance: Chance;
  readonly #name: string | null;
  readonly #widths: Widths;
  readonly #mbps: number;
  readonly #load: number;
  readonly #counters = new Map<string, bigint>();
  readonly #told = new Map<string, bigint>();
  #high: HighCounters = 'work';
  #address: number;
  #discontinuity = 0n;
  /** Polls for which the link stays down. */
  #down = 0;

  constructor(chance: Chance, index: number, name: string | null, widths: Widths) {
    this.#chance = chance;
    this.index = index;
    this.#name = name;
    this.#widths = widths;
    this.#mbps = chance.pick([10, 100, 1_000, 10_000]);
    this.#load = chance.happens(0.15) ? 0 : chance.next() * 0.9;
    this.#address = chance.below(2 ** 24);
    for (const counter of NAMES) this.#counters.set(counter, BigInt(chance.below(2 ** 32)));
  }

  /** Traffic of so many seconds. */
  pass(seconds: number): void {
    if (this.#down > 0) {
      this.#down -= 1;
      return;
    }
    for (const direction of ['in', 'out']) {
      const octets = Math.floor(((this.#mbps * 1e6) / 8) * this.#load * this.#chance.next() * seconds);
      const packets = Math.ceil(octets / (64 + this.#chance.below(1_400)));
      this.#add(`${direction}_octets`, octets);
      this.#add(`${direction}_unicast_packets`, packets);
      this.#add(`${direction}_multicast_packets`, Math.floor(packets / 50));
      this.#add(`${direction}_broadcast_packets`, Math.floor(packets / 200));
      if (this.#chance.happens(0.2)) this.#add(`${direction}_errors`, this.#chance.below(20));
      if (this.#chance.happens(0.1)) this.#add(`${direction}_discards`, this.#chance.below(9));
    }
  }

  reset(): void {
    for (const counter of NAMES) this.#counters.set(counter, BigInt(this.#chance.below(1_000)));
  }

  /** Something that happens to ports now and then. */
  misbehave(ticks: bigint): void {
    switch (this.#chance.below(9)) {
      case 0:
        return this.reset();
      case 1:
        // net-snmp's phantom: a recreated port's fall taken for a wrap.
        return this.#add('in_octets', 2 ** 32 + 516);
      case 2:
        this.#discontinuity = ticks;
        return this.#add('out_octets', this.#chance.below(2 ** 31));
      case 3:
        this.#address = this.#chance.below(2 ** 24);
        return;
      case 4:
        return void this.#counters.set('in_errors', BigInt(this.#chance.below(5)));
      case 5:
        this.#down = 5 + this.#chance.below(30);
        return;
      default:
        this.#high = this.#chance.pick(['work', 'work', 'zero', 'frozen', 'gone', 'ones']);
    }
  }

  /** The row as the agent tells it. `lost` columns were not reached by the poll. */
  row(lost: boolean): Row {
    const row: Record<string, Row[string]> = {
      if_index: this.index,
      if_name: lost ? null : this.#name,
      if_alias: this.index % 3 === 0 ? `to rack ${this.index}` : null,
      phys_address: lost ? null : `02:${this.#address.toString(16).padStart(6, '0')}`,
      if_type: this.index % 7 === 5 ? 24 : 6,
      mtu: this.index % 5 === 4 ? null : 1500,
      admin_status: 1,
      oper_status: this.#load === 0 || this.#down > 0 ? 2 : 1,
      if_speed: BigInt(Math.min(this.#mbps * 1e6, 4_294_967_295)),
      if_high_speed: this.index % 4 === 3 ? 0n : BigInt(this.#mbps),
      duplex: this.index % 6 === 1 ? 2 : this.index % 6 === 2 ? null : 3,
      discontinuity_time: this.index % 9 === 8 ? null : this.#discontinuity,
    };
    for (const counter of NAMES) {
      const value = this.#counters.get(counter)!;
      const isNarrow = counter.endsWith('errors') || counter.endsWith('discards');
      if (isNarrow) row[counter] = value % TWO_32;
      else {
        row[counter] = this.#widths === 'low' ? null : this.#tell(counter, value);
        row[`${counter}_32`] = this.#tellsLow(counter) ? value % TWO_32 : null;
      }
      if (lost && this.#chance.happens(0.3)) row[counter] = null;
      if (lost && !isNarrow && this.#chance.happens(0.3)) row[`${counter}_32`] = null;
    }
    return row;
  }

  #tell(counter: string, value: bigint): bigint | null {
    const before = this.#told.get(counter) ?? value;
    const told = this.#high === 'frozen' ? before : value;
    this.#told.set(counter, told);
    if (this.#high === 'gone') return null;
    if (this.#high === 'ones') return -1n;
    return this.#high === 'zero' ? 0n : told;
  }

  /** Packets in 32 bits only where there is nothing else; octets beside the 64-bit ones. */
  #tellsLow(counter: string): boolean {
    if (this.#widths === 'low') return true;
    return this.#widths === 'hc' && (counter.endsWith('octets') || this.#high === 'gone');
  }

  #add(counter: string, more: number): void {
    this.#counters.set(counter, this.#counters.get(counter)! + BigInt(more));
  }
}
