/** One repetition of W6 in a process of its own: tells its parent what it measured. */
import { measureOnce } from './repetition.js';

process.send?.(measureOnce(Number(process.argv[2])));
process.disconnect();
