/** Every seasonality with every noise. */
import { NOISES, type NoiseKind } from './noises.ts';
import { SEASONALITIES, type Seasonality } from './seasons.ts';

export interface SignalKind {
  readonly seasonality: Seasonality;
  readonly noise: NoiseKind;
}

export const NOISE_KINDS = Object.keys(NOISES) as NoiseKind[];
export const SEASONALITY_KINDS = Object.keys(SEASONALITIES) as Seasonality[];

export const SIGNAL_KINDS: readonly SignalKind[] = NOISE_KINDS.flatMap((noise) =>
  SEASONALITY_KINDS.map((seasonality) => ({ seasonality, noise })),
);

export function signalName({ noise, seasonality }: SignalKind): string {
  return `${noise}, ${seasonality}`;
}
