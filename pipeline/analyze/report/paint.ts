/** Severities in colour, on terminals that want it. */
import type { Severity } from '../../../topics/anomaly.ts';

export type Paint = (text: string, severity: Severity) => string;

const CODES: Readonly<Record<Severity, number>> = { critical: 31, warning: 33, info: 36 };

export const plain: Paint = (text) => text;

export const coloured: Paint = (text, severity) => `\u001b[${CODES[severity]}m${text}\u001b[0m`;
