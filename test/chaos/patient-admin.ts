/** kafkajs's admin asks once; a broker that was just started, or killed, takes a while to answer well. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';

const PATIENCE_MS = 60_000;
const PAUSE_MS = 200;

export type PatientAdmin = Pick<
  Admin,
  'describeGroups' | 'fetchOffsets' | 'fetchTopicOffsets' | 'deleteGroups'
>;

/** The same calls, tried again for a minute while the broker says that it may help. */
export function patientAdmin(admin: Admin): PatientAdmin {
  return {
    describeGroups: (groups) => patiently(() => admin.describeGroups(groups)),
    fetchOffsets: (of) => patiently(() => admin.fetchOffsets(of)),
    fetchTopicOffsets: (topic) => patiently(() => admin.fetchTopicOffsets(topic)),
    deleteGroups: (groups) => patiently(() => admin.deleteGroups(groups)),
  };
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const { retriable } = error as { retriable?: boolean };
      if (retriable === false || Date.now() > deadline) throw error;
      await sleep(PAUSE_MS);
    }
  }
}
