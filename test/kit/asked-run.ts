/**
 * What the command line asks for. Where it is wrong this says so and ends the process with 2; where it asks for help this
 * prints the usage and ends it with 0.
 * @param read throws an Error that says what was wrong.
 */
export function askedRun<Run extends object>(read: () => Run | 'help', usage: string): Run {
  let run: Run | 'help';
  try {
    run = read();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    process.exit(2);
  }
  if (run !== 'help') return run;
  console.log(usage);
  process.exit(0);
}
