/** A process of simulated switches, so that what they cost is not the collector's. Started by agents.ts. */
import { once } from 'node:events';
import { simulatedAgents } from '../../../pipeline/collect/snmp/agent/simulated-agents.ts';
import type { AgentsOptions } from './agents.ts';
import { credentialOf } from './plain-credential.ts';
import { switchAddress, switches } from './switch-mib.ts';

process.on('disconnect', () => process.exit(0));
const [options] = (await once(process, 'message')) as [AgentsOptions];
const { count, port, startMs, maxMessageBytes } = options;
const credential = credentialOf(options.credential);
const agents = simulatedAgents({
  devices: switches(0, count, startMs).map((view, device) => ({
    view,
    address: switchAddress(device),
    port,
    maxMessageBytes,
  })),
  ...(credential.version === 'v2c'
    ? { community: credential.community.reveal() }
    : { community: 'unused', user: credential }),
  clock: Date.now,
});
await agents.start();
process.on('message', () => process.send!({ kind: 'counts', counts: agents.counts }));
process.send!({ kind: 'ready' });
