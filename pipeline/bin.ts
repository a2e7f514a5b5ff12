#!/usr/bin/env node
/** The program `netsigma`. */
import { main } from './main.ts';

process.exitCode = await main(process.argv);
