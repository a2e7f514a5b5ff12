/** Tests that need something of the machine: run where it is there, skipped with a printed reason where not. */
import { describe, it } from '@jest/globals';

export { hasProgram } from './has-program.ts';

type Suite = (name: string, tests: () => void) => void;

export interface DescribeIfOptions {
  /** For what a machine may not allow whatever is installed on it: skipped under NETSIGMA_REQUIRE_SERVICES=1, too. */
  readonly optional?: boolean;
}

/**
 * `describe` if `condition` holds. Otherwise the suite is skipped and `reason` printed; with
 * NETSIGMA_REQUIRE_SERVICES=1 it fails with that reason instead, unless it is optional.
 */
export function describeIf(
  condition: boolean,
  reason: string,
  { optional = false }: DescribeIfOptions = {},
): Suite {
  if (condition) return describe;
  if (!optional && process.env['NETSIGMA_REQUIRE_SERVICES'] === '1') {
    return (name) => {
      describe(name, () => {
        it('has what it needs', () => {
          throw new Error(`NETSIGMA_REQUIRE_SERVICES=1, but ${reason}`);
        });
      });
    };
  }
  return (name, tests) => {
    process.stderr.write(`skipped: ${name}: ${reason}\n`);
    describe.skip(`${name} (${reason})`, tests);
  };
}
