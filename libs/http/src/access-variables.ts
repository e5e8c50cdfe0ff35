import { choiceVariable, secretVariable } from '@millrace/core';

/** What every app reads of its environment about access: spread into its own variables. */
export const ACCESS_VARIABLES = {
  MILLRACE_AUTH: choiceVariable(
    'Whether requests need a key; off is for networks in which everybody may do everything',
    ['required', 'off'],
    'required',
  ),
  MILLRACE_ADMIN_KEY: secretVariable('A key with all scopes: for the first steps and for local runs', {
    minLength: 16,
    fallback: '',
  }),
} as const;

/** The same, read. */
export interface AccessConfig {
  readonly required: boolean;
  readonly adminKey: string;
}

export function accessConfigOf(values: {
  readonly MILLRACE_AUTH: 'required' | 'off';
  readonly MILLRACE_ADMIN_KEY: string;
}): AccessConfig {
  return { required: values.MILLRACE_AUTH === 'required', adminKey: values.MILLRACE_ADMIN_KEY };
}
