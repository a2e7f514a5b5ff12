/** What `rate` has to do, read off the catalogue's rows once: which counters, which metrics, in which order. */
import { ConfigError } from '../../model/errors.ts';
import { rowFields, type Catalogue } from '../../../topics/catalogue.ts';
import type { Derivation, FieldRow } from '../../../topics/row.ts';

/** A counter that a metric is made of. `low` is the 32-bit counter that stands in for it on some agents. */
export interface CounterPlan {
  readonly name: string;
  readonly width: 32 | 64;
  readonly low: string | undefined;
  /** Octets decide the verdict on the whole row; the others only on themselves. */
  readonly octets: boolean;
  /** Bits on the wire that one count stands for at least: what a speed allows. */
  readonly bitsPerCount: number;
}

/** A metric with the counters (by index) or the other metrics (by name) that it is made of. */
export interface MetricPlan {
  readonly name: string;
  readonly derive: Derivation;
  /** Indexes into `counters`, for rates. */
  readonly counters: readonly number[];
}

/** One direction's octets and, where the catalogue has all casts of it, packets: they check each other. */
export interface DirectionPlan {
  readonly octets: number;
  readonly packets: readonly number[];
}

export interface RatePlan {
  /** Octet counters first. */
  readonly counters: readonly CounterPlan[];
  /** Every metric stands behind those it is made of. */
  readonly metrics: readonly MetricPlan[];
  readonly directions: readonly DirectionPlan[];
  /** Counters that metric rows carry: from the raw column to the metric's. */
  readonly carried: readonly { readonly from: string; readonly to: string }[];
}

/**
 * The fewest octets that a packet has on average (an Ethernet frame without its checksum), and so the bits that a
 * packet, an error or a discard takes of the speed.
 */
export const MIN_PACKET_OCTETS = 60;

/** @throws ConfigError when a metric is derived from something that the catalogue does not have. */
export function ratePlan(catalogue: Catalogue): RatePlan {
  const raw = new Map(rowFields(catalogue['raw.interface']).map((field) => [field.name, field]));
  const fields = rowFields(catalogue['metric.interface']);
  const derived = fields.flatMap(({ name, derive }) => (derive === undefined ? [] : [{ name, derive }]));
  const carried = fields.flatMap(({ name, from }) => (from === undefined ? [] : [{ from, to: name }]));

  const wanted = new Map<string, string>();
  for (const { name, derive } of derived) {
    if (derive.kind === 'rate') for (const counter of derive.of) wanted.set(counter, name);
  }
  for (const { from, to } of carried) if (!wanted.has(from)) wanted.set(from, to);
  const counters = [...wanted]
    .map(([counter, metric]) => counterPlan(raw, counter, metric))
    .sort((a, b) => Number(b.octets) - Number(a.octets));
  const indexOf = new Map(counters.map(({ name }, index) => [name, index]));

  return {
    counters,
    metrics: inOrder(derived).map(({ name, derive }) => ({
      name,
      derive,
      counters: derive.kind === 'rate' ? derive.of.map((counter) => indexOf.get(counter)!) : [],
    })),
    directions: directions(counters, derived, indexOf),
    carried,
  };
}

/** The metrics that `derive` takes as they are. */
export function inputsOf(derive: Derivation): readonly string[] {
  switch (derive.kind) {
    case 'rate':
      return [];
    case 'utilization':
      return [derive.of];
    case 'busiest':
    case 'larger':
      return derive.of;
    case 'ppm':
      return [derive.errors, ...derive.all];
  }
}

function counterPlan(raw: ReadonlyMap<string, FieldRow>, name: string, metric: string): CounterPlan {
  const field = raw.get(name);
  if (field?.kind !== 'counter') {
    throw new ConfigError(
      `metric ${metric} is made of ${name}, which is no counter of raw.interface: add its row or correct "of"`,
    );
  }
  if (field.low !== undefined && raw.get(field.low)?.kind !== 'counter') {
    throw new ConfigError(
      `counter ${name} has the low half ${field.low}, which is no counter of raw.interface`,
    );
  }
  const octets = field.unit === 'By';
  return {
    name,
    width: field.width ?? 64,
    low: field.low,
    octets,
    bitsPerCount: octets ? 8 : MIN_PACKET_OCTETS * 8,
  };
}

interface Derived {
  readonly name: string;
  readonly derive: Derivation;
}

function inOrder(derived: readonly Derived[]): Derived[] {
  const ordered: Derived[] = [];
  const done = new Set<string>();
  let rest = derived;
  while (rest.length > 0) {
    const ready = rest.filter(({ derive }) => inputsOf(derive).every((input) => done.has(input)));
    if (ready.length === 0) {
      const { name, derive } = rest[0]!;
      throw new ConfigError(
        `metric ${name} is made of ${inputsOf(derive).join(', ')}: one is no derived metric, or they need each other`,
      );
    }
    for (const metric of ready) done.add(metric.name);
    ordered.push(...ready);
    rest = rest.filter(({ name }) => !done.has(name));
  }
  return ordered;
}

/**
 * Directions by the first part of the counters' names (in, out). Packets are the rate that sums the most packet
 * counters of it: a sum of one cast alone would make every broadcast look like a phantom of octets.
 */
function directions(
  counters: readonly CounterPlan[],
  derived: readonly Derived[],
  indexOf: ReadonlyMap<string, number>,
): DirectionPlan[] {
  const sums = derived.flatMap(({ derive }) =>
    derive.kind === 'rate' && derive.of.length > 1 ? [derive.of] : [],
  );
  return counters.flatMap(({ name, octets }, index) => {
    if (!octets) return [];
    const prefix = `${name.split('_')[0]!}_`;
    const casts = sums
      .filter((of) =>
        of.every((counter) => counter.startsWith(prefix) && !counters[indexOf.get(counter)!]!.octets),
      )
      .sort((a, b) => b.length - a.length)[0];
    return [{ octets: index, packets: (casts ?? []).map((counter) => indexOf.get(counter)!) }];
  });
}
