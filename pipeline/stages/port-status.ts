/** IF-MIB's two states of an interface, row by row (RFC 2863): what the agent said in this poll. */
import type { NumberColumn, Reading } from '../model/reading.ts';

/** ifAdminStatus and ifOperStatus; 4 unknown, 5 dormant, 6 notPresent, 7 lowerLayerDown are of the latter alone. */
const UP = 1;
const UNKNOWN = 4;

export class PortStatus {
  readonly #admin: NumberColumn;
  readonly #oper: NumberColumn;

  constructor(reading: Reading) {
    reading.add([
      { name: 'admin_status', kind: 'number' },
      { name: 'oper_status', kind: 'number' },
    ]);
    this.#admin = reading.number('admin_status');
    this.#oper = reading.number('oper_status');
  }

  /** Tunnels and loopbacks often say `unknown` for ever: that is no state to judge by. */
  operKnown(row: number): boolean {
    const oper = this.#oper.values[row]!;
    return !Number.isNaN(oper) && oper !== UNKNOWN;
  }

  oper(row: number): number {
    return this.#oper.values[row]!;
  }

  operUp(row: number): boolean {
    return this.#oper.values[row] === UP;
  }

  adminUp(row: number): boolean {
    return this.#admin.values[row] === UP;
  }

  /** Taken down by people, or known to pass no traffic: its rates say nothing about what is usual or not. */
  idle(row: number): boolean {
    const admin = this.#admin.values[row]!;
    if (!Number.isNaN(admin) && admin !== UP) return true;
    return this.operKnown(row) && !this.operUp(row);
  }
}
