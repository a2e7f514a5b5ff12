/** Which entities and instances of a recording are linked. */
import type { LinkEnd, WrittenLink } from './link-file.ts';

/** What an anomaly is about. */
export interface Place {
  readonly entity: string;
  /** Empty where the file has none. */
  readonly instance: string;
}

export interface LinkedPlaces {
  /** Other ends of the links that end here. */
  linkedTo(place: Place): readonly Place[];
  /** Links with a name that no series has. */
  readonly unknown: number;
  /** Some of those names. */
  readonly unknownNames: readonly string[];
}

/** Between an entity and its instance, where they stand in one text. */
const SEPARATORS = [' ', ':', '/', '|', ','];
const SHOWN_NAMES = 5;

/** `places`: of all series. */
export function linkedPlaces(links: readonly WrittenLink[], places: Iterable<Place>): LinkedPlaces {
  const entities = new Set<string>();
  const instances = new Map<string, Place>();
  for (const { entity, instance } of places) {
    entities.add(entity);
    if (instance === '') continue;
    for (const separator of SEPARATORS)
      instances.set(`${entity}${separator}${instance}`, { entity, instance });
  }
  const placeOf = ({ name, instance }: LinkEnd): Place | undefined => {
    if (instance !== '') return instances.get(`${name}${SEPARATORS[0]}${instance}`);
    return entities.has(name) ? { entity: name, instance: '' } : instances.get(name);
  };

  const ends = new Map<string, Place[]>();
  const connect = (from: Place, to: Place): void => {
    const key = keyOf(from);
    const known = ends.get(key);
    if (known === undefined) ends.set(key, [to]);
    else known.push(to);
  };
  const unknownNames = new Set<string>();
  let unknown = 0;
  for (const { a, b } of links) {
    const [from, to] = [placeOf(a), placeOf(b)];
    if (from !== undefined && to !== undefined) {
      connect(from, to);
      connect(to, from);
      continue;
    }
    unknown += 1;
    for (const [end, place] of [
      [a, from],
      [b, to],
    ] as const)
      if (place === undefined && unknownNames.size < SHOWN_NAMES)
        unknownNames.add([end.name, end.instance].filter((part) => part !== '').join(' '));
  }
  return {
    /** A link of an entity is one of each of its instances. */
    linkedTo: ({ entity, instance }) => [
      ...(ends.get(keyOf({ entity, instance: '' })) ?? []),
      ...(instance === '' ? [] : (ends.get(keyOf({ entity, instance })) ?? [])),
    ],
    unknown,
    unknownNames: [...unknownNames],
  };
}

export function keyOf({ entity, instance }: Place): string {
  return `${entity}\0${instance}`;
}
