/** A page as a browser runs it, without pixels: what is drawn is noted call by call. */
import { JSDOM, VirtualConsole } from 'jsdom';

export interface OpenedPage {
  readonly document: Document;
  /** Errors of its scripts. */
  readonly errors: readonly string[];
  /** Rectangles that were filled, with their colours, since the last call. */
  rectangles(): { readonly colour: string; readonly left: number; readonly width: number }[];
  /** Waits for what the page has put off. */
  settled(): Promise<void>;
}

const WIDTH = 1000;

export function openedPage(html: string): OpenedPage {
  const errors: string[] = [];
  let filled: { colour: string; left: number; width: number }[] = [];
  const virtualConsole = new VirtualConsole();
  virtualConsole.on('jsdomError', (error) => errors.push(String(error)));
  const { window } = new JSDOM(html, {
    runScripts: 'dangerously',
    pretendToBeVisual: true,
    virtualConsole,
    beforeParse(opened) {
      const context: Record<string, unknown> = {
        fillStyle: '',
        fillRect(this: { fillStyle: string }, left: number, _top: number, width: number) {
          filled.push({ colour: this.fillStyle, left, width });
        },
        measureText: () => ({ width: 10 }),
      };
      // jsdom has no pixels: every other call draws nothing.
      const canvas = new Proxy(context, { get: (known, name: string) => known[name] ?? (() => undefined) });
      Object.assign(opened.HTMLCanvasElement.prototype, { getContext: () => canvas });
      Object.defineProperty(opened.HTMLElement.prototype, 'clientWidth', { get: () => WIDTH });
      const ignored = (): undefined => undefined;
      Object.assign(opened, {
        matchMedia: () => ({ matches: false, addEventListener: ignored, removeEventListener: ignored }),
        Path2D: class {
          moveTo = ignored;
          lineTo = ignored;
          rect = ignored;
          arc = ignored;
          closePath = ignored;
        },
      });
    },
  });
  return {
    document: window.document,
    errors,
    rectangles: () => {
      const since = filled;
      filled = [];
      return since;
    },
    settled: () => new Promise((resolve) => window.requestAnimationFrame(() => setTimeout(resolve))),
  };
}
