/**
 * JSON text of a value from a parsed request, with bigints (what the exact parser makes of integers beyond
 * 2^53) as the numbers that they were.
 */
export function exactJson(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(exactJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    let json = '';
    // A parsed object has members of its own only.
    for (const name in value) {
      const member = (value as Readonly<Record<string, unknown>>)[name];
      json += `${json === '' ? '' : ','}${JSON.stringify(name)}:${exactJson(member)}`;
    }
    return `{${json}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
