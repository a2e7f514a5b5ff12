/**
 * Source text to a function: the one place where code is made of text. Nothing from a schema is ever part of the text:
 * names, symbols and constants of a writer that is not ours are arguments or numbers, so they cannot be code.
 */

/** `body` as a function of these arguments, called: what it returns. */
export function evaluate(args: Readonly<Record<string, unknown>>, body: string): unknown {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- straight-line code per field is what makes columns fast; see above for what may stand in it
  return new Function(...Object.keys(args), `'use strict';\n${body}`)(...Object.values(args)) as unknown;
}
