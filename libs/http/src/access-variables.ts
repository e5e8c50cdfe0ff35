import { choiceVariable, secretVariable, type Variable } from '@millrace/core';
import { OIDC_VARIABLES, oidcConfigOf, type OidcConfig } from './oidc/oidc-variables.js';

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
  ...OIDC_VARIABLES,
} as const;

/** The same, read. */
export interface AccessConfig {
  readonly required: boolean;
  readonly adminKey: string;
  /** Whose tokens are accepted beside API keys; undefined for nobody's. */
  readonly oidc: OidcConfig | undefined;
}

type AccessValues = {
  readonly [K in keyof typeof ACCESS_VARIABLES]: (typeof ACCESS_VARIABLES)[K] extends Variable<infer T>
    ? T
    : never;
};

/** @throws EnvironmentError where the variables contradict each other. */
export function accessConfigOf(values: AccessValues): AccessConfig {
  return {
    required: values.MILLRACE_AUTH === 'required',
    adminKey: values.MILLRACE_ADMIN_KEY,
    oidc: oidcConfigOf(values),
  };
}
