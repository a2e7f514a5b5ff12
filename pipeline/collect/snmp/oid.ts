/** OIDs as dotted text: what of a walked column an answer's name still belongs to. */

/** Largest sub-identifier (RFC 2578 3.5). An ifIndex above 2^31 - 1 does not exist (InterfaceIndex, RFC 2863). */
const MAX_INDEX = 2 ** 31 - 1;

/** outside = the walk has left the column; bad = within it, but not an integer index of one part. */
export type ColumnIndex = number | 'outside' | 'bad';

/** The row index of `oid` in the column with the name `column`. */
export function columnIndex(column: string, oid: string): ColumnIndex {
  if (!oid.startsWith(column) || oid.charCodeAt(column.length) !== 46) return 'outside';
  const start = column.length + 1;
  const length = oid.length - start;
  if (length < 1 || length > 10) return 'bad';
  let index = 0;
  for (let at = start; at < oid.length; at += 1) {
    const digit = oid.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return 'bad';
    index = index * 10 + digit;
  }
  return index <= MAX_INDEX ? index : 'bad';
}

/** The table entry that a column belongs to: its OID without the last part. */
export function parentOid(oid: string): string {
  return oid.slice(0, oid.lastIndexOf('.'));
}
