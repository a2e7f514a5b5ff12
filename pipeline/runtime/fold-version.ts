/** What a checkpoint says of the code that made its state: another version would have made another one. */
import { createHash } from 'node:crypto';
import type { StageIdentity } from '../stages/stage.ts';

/** Of a processor's own version, and of the versions and settings of its stages. */
export function foldVersion(processor: number, stages: readonly StageIdentity[]): string {
  const meaning = [processor, ...stages.map(({ name, version, settings }) => [name, version, settings])];
  return createHash('sha256').update(JSON.stringify(meaning)).digest('hex').slice(0, 16);
}
