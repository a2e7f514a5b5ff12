/** The shape that nearly all fields have: a type, or a union of it with null. */
import type avro from 'avsc';
import { isUnion } from './type-shapes.ts';

/** A plain type, or one of a union with null and nothing else: the bytes of the union before a value and before null. */
export interface Nullable {
  readonly type: avro.Type;
  readonly union: { readonly value: number; readonly none: number } | undefined;
}

/** @returns undefined for other unions. */
export function nullable(type: avro.Type): Nullable | undefined {
  if (!isUnion(type)) return { type, union: undefined };
  const [first, second, ...others] = type.types;
  if (first === undefined || second === undefined || others.length > 0) return undefined;
  // Indexes 0 and 1 as zigzag varints.
  if (first.typeName === 'null') return { type: second, union: { value: 2, none: 0 } };
  return second.typeName === 'null' ? { type: first, union: { value: 0, none: 2 } } : undefined;
}
