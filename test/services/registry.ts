/** A schema registry for tests: that of NETSIGMA_TEST_REGISTRY, or one shared by the run. */
import type { Service } from './service.ts';
import { sharedService } from './shared.ts';

/** `address` is a URL that ends with /apis/ccompat/v7. */
export const registryService = (): Promise<Service> => sharedService('registry');
