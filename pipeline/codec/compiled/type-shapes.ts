/** avsc's types by what they are made of. Each throws TypeError for a type of another kind. */
import type avro from 'avsc';

type Shape<T extends avro.Type> = (type: avro.Type) => T;

export const recordType = shape((type): type is avro.types.RecordType =>
  /^(record|error)$/.test(type.typeName),
);
export const enumType = shape((type): type is avro.types.EnumType => type.typeName === 'enum');
export const arrayType = shape((type): type is avro.types.ArrayType => type.typeName === 'array');
export const mapType = shape((type): type is avro.types.MapType => type.typeName === 'map');
export const fixedType = shape((type): type is avro.types.FixedType => type.typeName === 'fixed');
export const unionType = shape(isUnion);

export function isUnion(type: avro.Type): type is avro.types.UnwrappedUnionType {
  return type.typeName.startsWith('union');
}

function shape<T extends avro.Type>(is: (type: avro.Type) => type is T): Shape<T> {
  return (type) => {
    if (!is(type)) throw new TypeError(`a type ${type.typeName} is not of the kind that is wanted here`);
    return type;
  };
}
