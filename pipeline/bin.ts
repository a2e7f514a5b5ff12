#!/usr/bin/env node
/** The program `netsigma`. */
import { main } from './main.ts';

/** What is left open when all is done (a socket of a library) keeps the process for so long at most. */
const LINGER_MS = 5_000;

process.exitCode = await main(process.argv);
setTimeout(() => {
  if (process.env['NETSIGMA_LOG_LEVEL'] === 'debug') {
    process.stderr.write(`netsigma: left open at the end: ${process.getActiveResourcesInfo().join(', ')}\n`);
  }
  process.exit();
}, LINGER_MS).unref();
