/** Hours of one noisy port through the whole entity sub-topology, which carries fifty times as much in the end. */
import { catalogue, rowFields } from '../../topics/catalogue.ts';
import { randomFrom } from './random-from.ts';
import { rawReading } from './raw-reading.ts';
import { STAGE_DEFAULTS, type TopologyDriver } from './topology-driver.ts';

export const ENTITY = 'default/device/core-1';
export const START = 1_700_000_000_000;
export const MINUTE = 60_000;
/** Minutes: of the first poll that is too much, and of the end. */
export const SPIKE = 200;
export const END = 230;

/** So that a few hours are history enough. */
export const SPIKE_SETTINGS = {
  ...STAGE_DEFAULTS,
  baseline: { ...STAGE_DEFAULTS.baseline, fullConfidenceS: 3_600, clipAfterS: 3_600 },
  detect: { ...STAGE_DEFAULTS.detect, minConfidence: 0.4 },
};

const IDLE = Object.fromEntries(
  rowFields(catalogue['raw.interface']).flatMap(({ name, kind }) => (kind === 'counter' ? [[name, 0n]] : [])),
);

/** A poll a minute of Gi1/0/1, and a tick after each. */
export async function spikeStory(driver: TopologyDriver): Promise<void> {
  const random = randomFrom(7);
  let octets = 5_000_000_000;
  for (let minute = 0; minute < END; minute += 1) {
    octets += Math.round((minute >= SPIKE ? 5e8 : 1e7) * (0.9 + 0.2 * random()));
    const counter = BigInt(octets);
    const envelope = {
      observedAtMs: START + minute * MINUTE,
      pollId: `0190b5a0-0000-7000-8000-${minute.toString(16).padStart(12, '0')}`,
      intervalMs: MINUTE,
      sysUptime: 1_000_000 + minute * 6_000,
    };
    const row = {
      if_index: 1,
      if_name: 'Gi1/0/1',
      admin_status: 1,
      oper_status: 1,
      if_high_speed: 10_000n,
      ...IDLE,
      in_octets: counter,
      in_octets_32: counter & 0xffff_ffffn,
    };
    await driver.pipeReading(rawReading(driver.codec, envelope, [row]));
    driver.tick(START + minute * MINUTE + 5_000);
  }
}
