/**
 * Definitions from a JavaScript or TypeScript module, whose default export is a repository of @millrace/define. A
 * module is a program: one is only run when its path was given, never because it lies in a folder.
 */
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { CommandFailed } from './command-failed.js';
import type { DefinitionDocument } from './definition-documents.js';

const MODULE_FILE = /\.[cm]?[jt]s$/i;
const TYPESCRIPT_FILE = /\.[cm]?ts$/i;

export const isDefinitionModule = (file: string): boolean => MODULE_FILE.test(file);

let typescriptIsRead = false;

/** @throws CommandFailed where the module cannot be run, or exports no definitions. */
export async function readDefinitionModule(file: string): Promise<DefinitionDocument[]> {
  if (!typescriptIsRead && TYPESCRIPT_FILE.test(file)) {
    // Node.js 20 does not run TypeScript; the hooks compile it with swc, which builds Millrace too.
    register('./typescript-hooks.js', import.meta.url);
    typescriptIsRead = true;
  }
  const text = readFileSync(file, 'utf8');
  const exported = await importedFrom(file);
  const definitions = definitionsIn(exported);
  if (!definitions)
    throw new CommandFailed(`${file}: the default export must be a repository of @millrace/define`);
  return definitions.map((value) => ({ value, file, lineOf: () => lineOfDefinition(value, text) }));
}

async function importedFrom(file: string): Promise<unknown> {
  try {
    const imported = (await import(pathToFileURL(path.resolve(file)).href)) as { readonly default?: unknown };
    return imported.default;
  } catch (error) {
    throw new CommandFailed(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function definitionsIn(exported: unknown): readonly unknown[] | undefined {
  if (Array.isArray(exported)) return exported;
  if (typeof exported !== 'object' || exported === null || !('definitions' in exported)) return undefined;
  return Array.isArray(exported.definitions) ? exported.definitions : undefined;
}

/** A module's values have no places in its text: the line that names the definition is the best there is. */
function lineOfDefinition(definition: unknown, text: string): number {
  if (typeof definition !== 'object' || definition === null || !('name' in definition)) return 1;
  const quoted = [`'${String(definition.name)}'`, `"${String(definition.name)}"`];
  const line = text
    .split('\n')
    .findIndex((each) => /\bname:/.test(each) && quoted.some((q) => each.includes(q)));
  return Math.max(line, 0) + 1;
}
