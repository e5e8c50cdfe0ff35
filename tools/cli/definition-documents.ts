/** Definitions in YAML or JSON files, and where in them each member stands. */
import {
  isCollection,
  isPair,
  isScalar,
  LineCounter,
  parseAllDocuments,
  type Document,
  type Node,
} from 'yaml';

export interface DefinitionDocument {
  readonly value: unknown;
  readonly file: string;
  /** The line, counted from 1, of a member: of the deepest one on the way that is there. */
  lineOf(at: readonly (string | number)[]): number;
}

/** What keeps a file from being read at all. */
export interface SyntaxFault {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

export interface ReadDocuments {
  readonly documents: readonly DefinitionDocument[];
  readonly faults: readonly SyntaxFault[];
}

/** YAML aliases may multiply a small file into a huge one; definitions need few of them. */
const ALIASES_MAX = 100;

/** Reads YAML documents (JSON is YAML). A top-level list counts as so many documents; empty ones are skipped. */
export function readDocuments(text: string, file: string): ReadDocuments {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const documents: DefinitionDocument[] = [];
  const faults: SyntaxFault[] = [];
  // An empty file is no list of documents but a description of emptiness.
  const all: readonly Document.Parsed[] = Array.isArray(parsed) ? parsed : [];
  for (const document of all) {
    for (const { message, pos } of document.errors)
      faults.push({ file, line: lines.linePos(pos[0]).line, message });
    if (document.errors.length > 0 || document.contents === null) continue;
    const value: unknown = document.toJS({ maxAliasCount: ALIASES_MAX });
    if (value === null) continue;
    const lineOf = (at: readonly (string | number)[]): number => lineOfMember(document, at, lines);
    if (!Array.isArray(value)) documents.push({ value, file, lineOf });
    else
      for (const [i, element] of value.entries())
        documents.push({ value: element, file, lineOf: (at) => lineOf([i, ...at]) });
  }
  return { documents, faults };
}

function lineOfMember(
  document: Document.Parsed,
  at: readonly (string | number)[],
  lines: LineCounter,
): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const step of at) {
    if (!isCollection(node)) break;
    const item: unknown = node.items.find(
      (candidate, i) =>
        i === step || (isPair(candidate) && isScalar(candidate.key) && candidate.key.value === step),
    );
    const place: unknown = isPair(item) ? item.key : item;
    if (!isNodeWithRange(place)) break;
    [offset] = place.range;
    node = (isPair(item) ? item.value : item) as Node | null;
  }
  return lines.linePos(offset).line;
}

function isNodeWithRange(value: unknown): value is { range: [number, number, number] } {
  return typeof value === 'object' && value !== null && 'range' in value && Array.isArray(value.range);
}
