/** `npm run check`: format, lint, types, dead code and the house rules. */
import { runChecks } from './checks.js';

const outcomes = await runChecks();
process.exitCode = outcomes.every((outcome) => outcome.passed) ? 0 : 1;
