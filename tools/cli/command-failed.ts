/** A command that ends with a message for a person and exit code 1, without a stack trace. */
export class CommandFailed extends Error {}
