import type { DefinitionDocument } from './definition-documents.js';

/** A fault as the api answers it. */
interface WireFault {
  readonly index?: number;
  readonly path: string;
  readonly at: readonly (string | number)[];
  readonly message: string;
  readonly allowed?: readonly string[];
}

const ALLOWED_SHOWN = 12;

/** One block per fault: `file:line`, the path, what is wrong, what is allowed. */
export function faultReport(faults: readonly WireFault[], documents: readonly DefinitionDocument[]): string {
  return faults
    .map((fault) => {
      const document = fault.index === undefined ? undefined : documents[fault.index];
      const place = document ? `${document.file}:${document.lineOf(fault.at)}: ` : '';
      return `${place}${fault.path}\n    ${fault.message}${allowedOf(fault)}`;
    })
    .join('\n');
}

function allowedOf({ allowed = [], message }: WireFault): string {
  const missing = allowed.filter((choice) => !message.includes(choice));
  if (missing.length === 0) return '';
  const shown = allowed.slice(0, ALLOWED_SHOWN).join(', ');
  const more = allowed.length > ALLOWED_SHOWN ? `, and ${allowed.length - ALLOWED_SHOWN} more` : '';
  return `\n    allowed: ${shown}${more}`;
}

export function faultsOf(problem: Readonly<Record<string, unknown>>): readonly WireFault[] {
  return Array.isArray(problem['faults']) ? (problem['faults'] as WireFault[]) : [];
}
