/** A TCP proxy before a broker that loses answers: what was asked is done, and nobody hears of it. */
import { tcpRelay, type Endpoint } from '../support/tcp-relay.ts';

export interface LossyProxy {
  readonly port: number;
  /**
   * lossy: requests pass, and the first answer ends its connection instead. silent: requests pass, and no answer ever
   * comes. closed: no connection, now or later.
   */
  set(mode: 'open' | 'lossy' | 'silent' | 'closed'): void;
  stop(): Promise<void>;
}

export async function lossyProxy(to: Endpoint): Promise<LossyProxy> {
  let mode: Parameters<LossyProxy['set']>[0] = 'open';
  const relay = await tcpRelay(to, (client, upstream) => {
    if (mode === 'closed') return void client.destroy();
    client.pipe(upstream);
    upstream.on('data', (answer) => {
      if (mode === 'open') client.write(answer);
      else if (mode === 'lossy') upstream.destroy();
    });
  });
  return {
    port: relay.port,
    set(next) {
      mode = next;
      if (mode === 'closed') relay.cut();
    },
    stop: relay.stop,
  };
}
