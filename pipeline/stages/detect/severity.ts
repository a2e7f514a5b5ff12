/** How bad a deviation is: a rule of sigmas and polls (docs: 2 sigma warn, 3 sigma crit unless configured). */
import { SEVERITIES, type Severity } from '../../../topics/anomaly.ts';
import type { DetectSettings } from './detect-settings.ts';

type SeverityRule = Pick<DetectSettings, 'critSigma' | 'criticalPolls'>;

/** `sigma`: the worst so far, of either sign, or what counts for it; `critPolls`: polls of this anomaly beyond crit. */
export function severityOf(sigma: number, critPolls: number, rule: SeverityRule): Severity {
  const size = Math.abs(sigma);
  if (isBeyondTwiceCrit(size, rule.critSigma) || critPolls >= rule.criticalPolls) return 'critical';
  return size > rule.critSigma ? 'warning' : 'info';
}

/** Beyond twice crit: critical by itself. */
export function isBeyondTwiceCrit(strength: number, critSigma: number): boolean {
  return strength > 2 * critSigma;
}

export function isWorse(a: Severity, than: Severity): boolean {
  return SEVERITIES.indexOf(a) > SEVERITIES.indexOf(than);
}
