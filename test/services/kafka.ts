/** Kafka for tests: the broker of NETSIGMA_TEST_KAFKA, or one shared by the run. kafka-server.ts has private ones. */
import type { Service } from './service.ts';
import { sharedService } from './shared.ts';

/** `address` is host:port, PLAINTEXT. */
export const kafkaService = (): Promise<Service> => sharedService('kafka');
