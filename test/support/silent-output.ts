/** Takes every output and keeps none. */
import type { ProcessorOutput } from '../../pipeline/runtime/sub-topology.ts';

export const silentOutput: ProcessorOutput = {
  send() {},
  repartition() {},
  deadLetter() {},
  count() {},
  countRows() {},
};
