/** Jest, before all test files: the main process is ready to start the services they may ask for. */
import { startServiceHost, type ServiceHost } from './shared.ts';

let host: ServiceHost | undefined;

export default async function globalSetup(): Promise<void> {
  host = await startServiceHost();
}

/** For global-teardown.ts. */
export async function stopHost(): Promise<void> {
  await host?.stop();
  host = undefined;
}
