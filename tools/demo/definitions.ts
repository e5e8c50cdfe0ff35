import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { repositoryRoot } from '../launch/repository.js';

/** All documents of all YAML files of an example, as `POST /v1/apply` takes them. */
export async function readDefinitions(example: string): Promise<unknown[]> {
  const folder = path.join(repositoryRoot, 'examples', example);
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml'));
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  return texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as unknown));
}
