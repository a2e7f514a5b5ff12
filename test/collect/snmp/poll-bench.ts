/** One simulated agent and a poller that asks it, over real UDP. */
import { afterEach } from '@jest/globals';
import type { MibView } from '../../../pipeline/collect/snmp/agent/mib-view.ts';
import type { Misbehaviour } from '../../../pipeline/collect/snmp/agent/misbehaviour.ts';
import {
  simulatedAgents,
  type SimulatedAgents,
} from '../../../pipeline/collect/snmp/agent/simulated-agents.ts';
import type { AgentSession } from '../../../pipeline/collect/snmp/agent-session.ts';
import { poller, type Poller } from './table-mib.ts';

export interface PollBench {
  readonly asking: Poller;
  readonly session: AgentSession;
}

export interface PollBenchOptions {
  /** Of the agent's answers. */
  readonly maxMessageBytes?: number;
  readonly poller?: Parameters<typeof poller>[0];
}

/** For one test file: call it at its top. What it makes ends with the test. */
export function pollBench(): (
  view: MibView,
  misbehaviours?: Misbehaviour[],
  options?: PollBenchOptions,
) => Promise<PollBench> {
  let agents: SimulatedAgents | undefined;
  let asking: Poller | undefined;
  afterEach(async () => {
    await asking?.stop();
    await agents?.stop();
    agents = asking = undefined;
  });
  return async (view, misbehaviours = [], { maxMessageBytes, poller: options } = {}) => {
    agents = simulatedAgents({
      devices: [{ view, address: '127.0.0.1', port: 0, ...(maxMessageBytes && { maxMessageBytes }) }],
      community: 'public',
      clock: Date.now,
    });
    await agents.start();
    agents.misbehave(view.name, misbehaviours);
    asking = await poller(options);
    return { asking, session: asking.session(agents.endpoint(view.name)) };
  };
}
