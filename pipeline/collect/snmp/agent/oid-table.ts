/** A device's instances in lexicographic order, with names encoded once. */
import type { MibInstance } from './mib-view.ts';
import { compareOid, oidContent, parseOid, type Oid } from './oid.ts';

const tables = new WeakMap<readonly MibInstance[], OidTable>();

/** The table of these instances; devices that share one list (thousands in a load test) share it. @throws as OidTable */
export function oidTable(instances: readonly MibInstance[]): OidTable {
  let table = tables.get(instances);
  if (table === undefined) {
    table = new OidTable(instances);
    tables.set(instances, table);
  }
  return table;
}

export class OidTable {
  readonly instances: readonly MibInstance[];
  readonly oids: readonly Oid[];
  /** OBJECT IDENTIFIER of each instance with tag and length. */
  readonly names: readonly Uint8Array[];
  /** Object types: the names without their last part (all indexes here are one number, a scalar's is 0). */
  readonly #objects: ReadonlySet<string>;

  /** @throws RangeError when an instance has no valid OID or one that occurs twice. */
  constructor(instances: readonly MibInstance[]) {
    const sorted = instances
      .map((instance) => ({ instance, oid: parseOid(instance.oid) }))
      .sort((a, b) => compareOid(a.oid, b.oid));
    for (let i = 1; i < sorted.length; i += 1) {
      if (compareOid(sorted[i - 1]!.oid, sorted[i]!.oid) === 0) {
        throw new RangeError(`OID ${sorted[i]!.instance.oid} occurs twice in the simulated MIB`);
      }
    }
    this.instances = sorted.map(({ instance }) => instance);
    this.oids = sorted.map(({ oid }) => oid);
    this.names = this.oids.map(encodedName);
    this.#objects = new Set(this.oids.map((oid) => oid.slice(0, -1).join('.')));
  }

  /** Position of the first instance after `oid`; the number of instances when there is none. */
  after(oid: Oid): number {
    let low = 0;
    let high = this.oids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareOid(this.oids[middle]!, oid) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Position of exactly `oid`, or -1. */
  indexOf(oid: Oid): number {
    const before = this.after(oid) - 1;
    return before >= 0 && compareOid(this.oids[before]!, oid) === 0 ? before : -1;
  }

  /** Whether the object type that `oid` would be an instance of is served at all. */
  hasObject(oid: Oid): boolean {
    for (let length = oid.length - 1; length > 1; length -= 1) {
      if (this.#objects.has(oid.slice(0, length).join('.'))) return true;
    }
    return false;
  }
}

/** OBJECT IDENTIFIER with tag and length. */
export function encodedName(oid: Oid): Uint8Array {
  const content = oidContent(oid);
  // 128 sub-identifiers of 5 octets need a length of two octets more.
  const header =
    content.length < 0x80
      ? [0x06, content.length]
      : content.length < 0x100
        ? [0x06, 0x81, content.length]
        : [0x06, 0x82, content.length >>> 8, content.length & 0xff];
  const name = new Uint8Array(header.length + content.length);
  name.set(header);
  name.set(content, header.length);
  return name;
}
