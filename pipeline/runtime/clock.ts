/** The system's clock: the one place outside of main that reads it. */
import type { Clock } from '../model/component.ts';

/** Milliseconds since 1970-01-01T00:00:00Z. */
export const systemClock: Clock = () => Date.now();
