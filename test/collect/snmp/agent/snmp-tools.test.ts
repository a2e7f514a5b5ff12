/** The agents as net-snmp's command-line tools see them: an independent decoder in C. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { COLUMNS, SCALARS } from '../../../../pipeline/collect/snmp/agent/if-mib.ts';
import {
  simulatedAgents,
  type SimulatedAgents,
} from '../../../../pipeline/collect/snmp/agent/simulated-agents.ts';
import { Secret } from '../../../../pipeline/model/secret.ts';
import { fakeMib } from '../../../support/fake-mib.ts';
import { describeIf, hasProgram } from '../../../support/requires.ts';

const run = promisify(execFile);

const KEYS = { auth: 'monitor-auth-1', priv: 'monitor-priv-1' };

/** Arguments of a v3 user; what is given replaces a part of them. */
function v3({ user = 'monitor', auth = KEYS.auth, priv = KEYS.priv } = {}): string[] {
  return ['-v3', '-u', user, '-l', 'authPriv', '-a', 'SHA-256', '-A', auth, '-x', 'AES', '-X', priv];
}

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
        user: {
          version: 'v3',
          user: 'monitor',
          level: 'authPriv',
          authProtocol: 'sha256',
          authKey: new Secret(KEYS.auth),
          privProtocol: 'aes',
          privKey: new Secret(KEYS.priv),
        },
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

    it('snmpbulkwalk by v3, authenticated and encrypted, finds the same', async () => {
      const byV3 = await tool('snmpbulkwalk', ...v3(), '-Cr50', '1.3.6.1');
      expect(byV3).toEqual(await tool('snmpbulkwalk', '-v2c', '-Cr50', '1.3.6.1'));
      expect(byV3).toHaveLength(view.instances().length + 1);
    });

    it.each([
      ['another user', v3({ user: 'nobody' }), 'Unknown user name'],
      ['another authentication key', v3({ auth: 'another-key-1' }), 'Authentication failure'],
      ['another privacy key', v3({ priv: 'another-key-1' }), 'Timeout'],
      ['a lower level', [...v3().slice(0, 3), '-l', 'noAuthNoPriv'], 'Unsupported security level'],
    ])('snmpget by v3 with %s is refused by name', async (_what, args, message) => {
      await expect(tool('snmpget', ...args, '-r', '0', SCALARS.sysUpTime)).rejects.toThrow(message);
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
