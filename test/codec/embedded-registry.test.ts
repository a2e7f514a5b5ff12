import { embeddedRegistry } from '../../pipeline/codec/embedded-registry.ts';
import { registryContract } from '../contract/registry.contract.ts';

registryContract('embedded', async () => embeddedRegistry());
