/** The part of a run that counts, as the peer is measured: from 30 % to 95 % of the input, processed. */
import { processCost } from '../process-cost.ts';
import type { LeanMeasured } from './lean-process.ts';

const WINDOW = { from: 0.3, to: 0.95 };

interface Stamp {
  readonly polls: number;
  readonly seconds: number;
  readonly cpuUs: number;
  readonly brokerMs: number;
}

/** Stamps of clocks where the window begins and ends, taken as the records are folded. */
export class MeasuredWindow {
  polls = 0;
  readonly #first: number;
  readonly #last: number;
  readonly #brokerPid: number | undefined;
  #from: Stamp | undefined;
  #to: Stamp | undefined;

  constructor(polls: number, brokerPid: number | undefined) {
    this.#first = Math.floor(polls * WINDOW.from);
    this.#last = Math.floor(polls * WINDOW.to);
    this.#brokerPid = brokerPid;
  }

  folded(): void {
    this.polls += 1;
    if (this.polls === this.#first) this.#from = this.#stamp();
    if (this.polls === this.#last) this.#to = this.#stamp();
  }

  measured(
    samplesPerPoll: number,
  ): Pick<LeanMeasured, 'samplesPerSecond' | 'cpuUsPerSample' | 'brokerCpuUsPerSample'> {
    const [from, to] = [this.#from, this.#to];
    // Nothing was left to fold: a restart.
    if (from === undefined || to === undefined)
      return { samplesPerSecond: 0, cpuUsPerSample: 0, brokerCpuUsPerSample: 0 };
    const samples = (to.polls - from.polls) * samplesPerPoll;
    return {
      samplesPerSecond: samples / (to.seconds - from.seconds),
      cpuUsPerSample: (to.cpuUs - from.cpuUs) / samples,
      brokerCpuUsPerSample: ((to.brokerMs - from.brokerMs) * 1000) / samples,
    };
  }

  #stamp(): Stamp {
    const { user, system } = process.cpuUsage();
    return {
      polls: this.polls,
      seconds: performance.now() / 1000,
      cpuUs: user + system,
      brokerMs: this.#brokerPid === undefined ? 0 : processCost(this.#brokerPid).cpuMs,
    };
  }
}
