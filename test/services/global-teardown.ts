/** Jest, after all test files. */
import { stopHost } from './global-setup.ts';

export default stopHost;
