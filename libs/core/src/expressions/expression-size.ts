import type { ASTNode } from '@marcbachmann/cel-js';

/** The number of nodes of an expression: what evaluating it once costs, apart from its texts and lists. */
export function sizeOf(node: ASTNode): number {
  let size = 0;
  const visit = (part: unknown): void => {
    if (Array.isArray(part)) for (const element of part) visit(element);
    else if (isNode(part)) {
      size++;
      visit(part.args);
    }
  };
  visit(node);
  return size;
}

function isNode(part: unknown): part is { readonly args: unknown } {
  return typeof part === 'object' && part !== null && 'op' in part && 'args' in part;
}
