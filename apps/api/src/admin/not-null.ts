import { ValidateIf } from 'class-validator';

/**
 * A member of a body that may be absent. Not IsOptional, which lets null through: whether it means everything or nothing,
 * now or never, yes or no, is not ours to guess.
 */
export const NotNull = ValidateIf((_body, value: unknown) => value !== undefined);
