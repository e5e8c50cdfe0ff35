import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** One file of the built page, ready to be sent. All of them together are under 100 KB: they stay in memory. */
export interface PageFile {
  /** Where it is served: `/` for the document, `/assets/page-Bx3k.js` for what it loads. */
  readonly route: string;
  readonly contentType: string;
  readonly entityTag: string;
  /** Its name changes with its content, so that a browser may keep it for good. */
  readonly immutable: boolean;
  readonly plain: Buffer;
  /** Present where the content coding makes it smaller. */
  readonly brotli?: Buffer;
  readonly gzip?: Buffer;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const DOCUMENT = 'index.html';

/**
 * The page as `npm run build` leaves it in dist/. A process that runs from the sources (tests do) serves the
 * page that was built last.
 */
export function builtPageFolder(): string {
  const repository = path.resolve(import.meta.dirname, '../../../..');
  return import.meta.filename.endsWith('.ts')
    ? path.join(repository, 'dist/apps/api/page')
    : path.join(repository, 'apps/api/page');
}

/** Reads and compresses every file once; none where the page was not built. */
export function readPageFiles(folder: string): PageFile[] {
  if (!existsSync(path.join(folder, DOCUMENT))) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.flatMap((name) => {
    const contentType = CONTENT_TYPES[path.extname(name)];
    return contentType === undefined ? [] : [pageFile(folder, name, contentType)];
  });
}

function pageFile(folder: string, name: string, contentType: string): PageFile {
  const plain = readFileSync(path.join(folder, name));
  const brotli = brotliCompressSync(plain);
  const gzip = gzipSync(plain);
  return {
    route: name === DOCUMENT ? '/' : `/${name.split(path.sep).join('/')}`,
    contentType,
    // Weak: the same tag stands for every content coding.
    entityTag: `W/"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
    immutable: name !== DOCUMENT,
    plain,
    ...(brotli.length < plain.length && { brotli }),
    ...(gzip.length < plain.length && { gzip }),
  };
}
