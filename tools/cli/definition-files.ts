import fs from 'node:fs';
import path from 'node:path';
import { CalledWrongly } from './command-failed.js';
import { readDocuments, type DefinitionDocument, type SyntaxFault } from './definition-documents.js';
import { isDefinitionModule, readDefinitionModule } from './definition-modules.js';

const DEFINITION_FILE = /\.(ya?ml|json)$/i;

/** A path that is not there, or a folder without definitions. */
export class NothingToRead extends Error {}

export interface DefinitionFiles {
  readonly documents: readonly DefinitionDocument[];
  readonly faults: readonly SyntaxFault[];
}

/** The same, and modules: `definitions.ts`, which are run. */
export async function readDefinitionSources(names: readonly string[]): Promise<DefinitionFiles> {
  const modules = names.filter(isDefinitionModule);
  const others = names.filter((name) => !isDefinitionModule(name));
  const files =
    others.length > 0 || modules.length === 0 ? readDefinitionFiles(others) : { documents: [], faults: [] };
  const read = await Promise.all(modules.map(readDefinitionModule));
  return { ...files, documents: [...files.documents, ...read.flat()] };
}

/** Reads files, folders (all YAML and JSON files below) and `-` (standard input). */
export function readDefinitionFiles(names: readonly string[]): DefinitionFiles {
  if (names.length === 0) throw new CalledWrongly('name the files or folders to read: -f <path>');
  const read = names
    .flatMap(filesOf)
    .map((file) => readDocuments(fs.readFileSync(file === '-' ? 0 : file, 'utf8'), file));
  return {
    documents: read.flatMap(({ documents }) => documents),
    faults: read.flatMap(({ faults }) => faults),
  };
}

function filesOf(name: string): string[] {
  if (name === '-') return [name];
  const status = fs.statSync(name, { throwIfNoEntry: false });
  if (!status) throw new NothingToRead(`there is no file or folder ${name}`);
  if (!status.isDirectory()) return [name];
  const files = fs
    .readdirSync(name, { recursive: true, encoding: 'utf8' })
    .filter((file) => DEFINITION_FILE.test(file))
    .map((file) => path.join(name, file))
    .toSorted();
  if (files.length === 0) throw new NothingToRead(`there are no .yaml, .yml or .json files below ${name}`);
  return files;
}
