/** Module hooks that compile TypeScript when it is imported, and find the libraries that definitions use. */
import { existsSync, readFileSync } from 'node:fs';
import type { LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';

const LIBRARY = /^@millrace\/(define|client)$/;

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const library = LIBRARY.exec(specifier)?.[1];
  if (library !== undefined)
    return { url: new URL(`../../libs/${library}/src/index.js`, import.meta.url).href, shortCircuit: true };
  // TypeScript names the file that it would become.
  if (specifier.startsWith('.') && specifier.endsWith('.js') && context.parentURL?.endsWith('.ts')) {
    const written = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(written)) return { url: written.href, shortCircuit: true };
  }
  return nextResolve(specifier, context);
};

export const load: LoadHook = async (url, context, nextLoad) => {
  if (!/\.[cm]?ts$/.test(url)) return nextLoad(url, context);
  const { transformSync } = await compiler();
  const { code } = transformSync(readFileSync(fileURLToPath(url), 'utf8'), {
    filename: fileURLToPath(url),
    configFile: false,
    swcrc: false,
    module: { type: 'es6' },
    jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    sourceMaps: 'inline',
  });
  return { format: 'module', source: code, shortCircuit: true };
};

async function compiler(): Promise<typeof import('@swc/core')> {
  try {
    return await import('@swc/core');
  } catch (error) {
    throw new Error(
      `Node.js ${process.versions.node} cannot run TypeScript by itself, and @swc/core is not installed: compile the module to .js`,
      { cause: error },
    );
  }
}
