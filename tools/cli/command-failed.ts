/** A command that ends with a message for a person and exit code 1, without a stack trace. */
export class CommandFailed extends Error {}

/** One that was called in a way that cannot be right, whatever the apps say: exit code 2. */
export class CalledWrongly extends CommandFailed {}
