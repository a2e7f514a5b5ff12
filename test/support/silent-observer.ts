/** Hears everything and tells nobody. */
import type { ProcessObserver } from '../../pipeline/runtime/observer.ts';

export const silentObserver: ProcessObserver = {
  folded() {},
  committed() {},
  deadLetter() {},
  outcome() {},
  rows() {},
  taskRestarted() {},
  refoldedByAnotherVersion() {},
};
