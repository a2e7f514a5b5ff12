/** Which rows of a reading are in maintenance: written by `suspend`, read by the stages after it. */
import type { NumberColumn, Reading } from '../../model/reading.ts';

export function maintenanceColumn(reading: Reading): NumberColumn {
  return reading.add([{ name: 'maintenance', kind: 'number' }]).number('maintenance');
}

/** Whether any row is. */
export function hasMaintenance({ rowCount }: Reading, { values }: NumberColumn): boolean {
  for (let row = 0; row < rowCount; row += 1) if (values[row] === 1) return true;
  return false;
}
