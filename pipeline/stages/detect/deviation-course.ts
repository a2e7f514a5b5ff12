/** Whether a deviation goes on, and on which sides. */
import type { Deviation, Hit, Open } from './deviation-phases.ts';
import { strengthOf, type ShapeFound } from './deviation-shape.ts';
import type { Threshold } from './thresholds.ts';

/** What a confirming poll is beyond, in warns: by chance one poll in eighty is on its side, where one in forty is beyond warn. */
export const CONFIRMING_WARNS = 1.25;

/** Polls beyond warn on each side, and the least share of them on either, that make an oscillation. */
const MIN_POLLS_A_SIDE = 3;
const MIN_SHARE_A_SIDE = 0.3;

export function isHit(now: Deviation): now is Hit {
  return now.found !== undefined;
}

/** It goes on while it would open again, or is beyond warn on its side: what it opened for need not be new for ever. */
export function stillOff(
  now: Deviation,
  { shape, side }: Pick<ShapeFound, 'shape' | 'side'>,
  threshold: Threshold,
): Hit | undefined {
  // The mean of the last polls is off for a while after a spike: that alone does not keep it open.
  const isEcho = now.found?.shape === 'trend' && shape !== 'trend';
  if (isHit(now) && !isEcho && (now.found.side === side || now.found.shape === 'oscillation')) return now;
  const strength = strengthOf(shape, now);
  const isBack = strength <= threshold.warnSigma || (side !== 0 && now.off * side <= 0);
  return isBack ? undefined : { ...now, found: { shape, side, strength } };
}

export function countSide(open: Open, { off }: Deviation, { warnSigma }: Threshold): void {
  if (off > warnSigma) open.above += 1;
  else if (off < -warnSigma) open.below += 1;
}

/** What opened on one side goes on on both. */
export function isBothSided({ above, below }: Open): boolean {
  const fewer = Math.min(above, below);
  return fewer >= MIN_POLLS_A_SIDE && fewer >= MIN_SHARE_A_SIDE * (above + below);
}
