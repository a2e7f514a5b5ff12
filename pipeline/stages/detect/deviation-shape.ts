/**
 * What a poll that is off looks like, each shape on evidence of its own:
 *
 *   spike, drop   this poll is far off, on its side
 *   trend         no poll need be: the mean of the last ones is off on one side
 *   oscillation   the last ones are off on both sides: their size is up, their mean is not
 *
 * `strength` is what severities follow from, in sigmas of one poll. Thresholds are the same for all shapes; the mean of
 * many polls is worth twice what one of them is.
 */
import type { DetectSettings } from './detect-settings.ts';
import type { Novelty } from './novelty.ts';
import type { Threshold } from './thresholds.ts';

export type Shape = 'spike' | 'drop' | 'trend' | 'oscillation';

export interface ShapeFound {
  readonly shape: Shape;
  /** +1 above what is expected, -1 below, 0 both. */
  readonly side: number;
  readonly strength: number;
}

/** E|x| of a standard normal: a swing of this many scales is usual. */
const USUAL_SWING = 0.8;
/** The mean of the last polls against one of them. */
const DRIFT_FACTOR = 2;
/** An oscillation's mean is less than this share of its size off. */
const MAX_ONE_SIDED = 0.5;

/** A poll as a shape sees it. */
interface Seen {
  readonly sigma: number;
  readonly scale: number;
  readonly drift: number;
  readonly swing: number;
}

/** How strong a shape is at a poll, in sigmas of one poll. */
export function strengthOf(shape: Shape, { sigma, scale, drift, swing }: Seen): number {
  switch (shape) {
    case 'spike':
    case 'drop':
      return Math.abs(sigma);
    case 'trend':
      return DRIFT_FACTOR * Math.abs(drift);
    case 'oscillation':
      return swing / (USUAL_SWING * scale);
  }
}

/** @returns undefined when nothing is both new for the series and beyond warn. `novelty` holds the poll just judged. */
export function shapeOf(
  novelty: Novelty,
  sigma: number,
  deviation: number,
  { openScore, alarmScore }: Pick<DetectSettings, 'openScore' | 'alarmScore'>,
  { warnSigma, minDeviation }: Threshold,
): ShapeFound | undefined {
  const { drift, swing, scale, residual } = novelty;
  const seen = { sigma, scale, drift, swing };
  const swings = strengthOf('oscillation', seen);
  if (
    novelty.swingScore > openScore &&
    swings > warnSigma &&
    swing >= minDeviation &&
    Math.abs(drift) * scale < MAX_ONE_SIDED * swing
  ) {
    return { shape: 'oscillation', side: 0, strength: swings };
  }
  // Between two expectations a value is no further off than they are from each other.
  const isOutside = residual * deviation > 0;
  if (
    isOutside &&
    (novelty.pointScore > openScore || novelty.scaledScore > alarmScore) &&
    Math.abs(sigma) > warnSigma &&
    Math.abs(deviation) >= minDeviation
  ) {
    const side = Math.sign(residual);
    return { shape: side > 0 ? 'spike' : 'drop', side, strength: Math.abs(sigma) };
  }
  const drifts = strengthOf('trend', seen);
  if (novelty.driftScore > openScore && drifts > warnSigma && Math.abs(drift) * scale >= minDeviation) {
    return { shape: 'trend', side: Math.sign(drift), strength: drifts };
  }
  return undefined;
}
