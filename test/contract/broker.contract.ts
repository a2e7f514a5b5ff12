/**
 * What every broker behind the port must do, in terms of the port alone. `memory` and `kafka` both run this.
 * Each test makes its own topics, groups and transactional ids, so a broker may be shared and long-lived.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BrokerLab, type MakeBroker, type RestartableBroker } from './broker/broker-lab.ts';
import { consumerCases } from './broker/consumer-cases.ts';
import { handlerCases } from './broker/handler-cases.ts';
import { logCases } from './broker/log-cases.ts';
import { modelCases } from './broker/model-cases.ts';
import { type Capability, processCases } from './broker/process-cases.ts';
import { rangeCases } from './broker/range-cases.ts';
import { transactionCases } from './broker/transaction-cases.ts';

export interface ContractOptions {
  /** What the broker says of itself: cases that need others are skipped by name. */
  readonly capabilities?: readonly Capability[];
  /** For the capability `restart`. */
  readonly restartable?: () => Promise<RestartableBroker>;
  /** Of the random sequences. */
  readonly numRuns?: number;
}

/** Registers the suite. `make` gives a started broker; called again, another connection to the same cluster. */
export function brokerContract(name: string, make: MakeBroker, options: ContractOptions = {}): void {
  const { capabilities = [], restartable, numRuns = 50 } = options;
  describe(`${name} keeps the broker's contract:`, () => {
    const lab = new BrokerLab();
    beforeAll(() => lab.open(make));
    afterEach(() => lab.tidy());
    afterAll(() => lab.close());

    it('it says which capabilities it has', () => {
      expect([...lab.broker.capabilities].toSorted()).toEqual(capabilities.toSorted());
      expect(lab.broker.clusterId).not.toBe('');
    });

    logCases(lab);
    rangeCases(lab);
    transactionCases(lab);
    consumerCases(lab);
    handlerCases(lab);
    modelCases(lab, numRuns);
    processCases(lab, make, capabilities, restartable);
  });
}
