/** TimescaleDB for tests: that of NETSIGMA_TEST_TIMESCALE, or one shared by the run; timescale-server.ts has private ones. */
import type { Service } from './service.ts';
import { sharedService } from './shared.ts';

/** `address` is a URL of a superuser. Databases made from template1 have the extension. */
export const timescaleService = (): Promise<Service> => sharedService('timescale');
