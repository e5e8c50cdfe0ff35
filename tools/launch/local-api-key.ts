import { randomBytes } from 'node:crypto';

/** The key of a local run: the one that the environment gives, else one of its own. */
export function localApiKey(): string {
  const given = process.env['MILLRACE_API_KEY'];
  return given !== undefined && given !== '' ? given : `local-${randomBytes(18).toString('base64url')}`;
}

/** Lets the apps ask for that key. */
export function accessWith(apiKey: string): Readonly<Record<string, string>> {
  return { MILLRACE_AUTH: 'required', MILLRACE_ADMIN_KEY: apiKey };
}
