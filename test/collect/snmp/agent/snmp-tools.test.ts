/** The agents as net-snmp's command-line tools see them: an independent decoder in C. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { COLUMNS, SCALARS } from '../../../../pipeline/collect/snmp/agent/if-mib.ts';
import {
  simulatedAgents,
  type SimulatedAgents,
} from '../../../../pipeline/collect/snmp/agent/simulated-agents.ts';
import { fakeMib } from '../../../support/fake-mib.ts';
import { describeIf, hasProgram } from '../../../support/requires.ts';

const run = promisify(execFile);

describeIf(hasProgram('snmpbulkwalk'), 'snmpbulkwalk is not installed (Debian: apt-get install snmp)')(
  "the agents, asked by Debian's tools",
  () => {
    const view = fakeMib('fake', 40);
    let agents: SimulatedAgents;
    let agent: string;

    beforeAll(async () => {
      agents = simulatedAgents({
        devices: [{ view, address: '127.0.0.1', port: 0, maxMessageBytes: 1_400 }],
        community: 'public',
        clock: Date.now,
      });
      await agents.start();
      const { address, port } = agents.endpoint('fake');
      agent = `${address}:${port}`;
    });

    afterAll(async () => agents.stop());

    const tool = async (program: string, ...args: string[]): Promise<string[]> => {
      const { stdout } = await run(program, [
        ...args.slice(0, -1),
        '-t',
        '2',
        '-r',
        '0',
        '-On',
        '-c',
        'public',
        agent,
        args.at(-1)!,
      ]);
      return stdout.trim().split('\n');
    };

    it('snmpbulkwalk finds every instance, though answers are cut', async () => {
      expect(await tool('snmpbulkwalk', '-v2c', '-Cr50', '1.3.6.1')).toHaveLength(
        view.instances().length + 1,
      );
    });

    it('snmpwalk by v1 finds all but the 64-bit counters', async () => {
      const narrow = view.instances().filter(({ type }) => type !== 'counter64');
      expect(await tool('snmpwalk', '-v1', '1.3.6.1.2')).toHaveLength(narrow.length - 2);
    });

    it('snmpget reads counters exactly', async () => {
      expect(await tool('snmpget', '-v2c', `${COLUMNS.ifHCInOctets}.7`)).toEqual([
        `.${COLUMNS.ifHCInOctets}.7 = Counter64: ${2 ** 32 + 5_000}`,
      ]);
      expect(await tool('snmpget', '-v2c', SCALARS.sysName)).toEqual([
        `.${SCALARS.sysName} = STRING: "fake"`,
      ]);
    });
  },
);
