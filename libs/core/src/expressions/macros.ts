/**
 * The macros of CEL that walk a list: `all`, `exists`, `exists_one`, `filter`, `map`. They do not nest: three
 * nested walks over lists of a hundred elements would be a million steps for one row.
 */
import type { ASTNode } from '@marcbachmann/cel-js';
import { listCode, numberCode } from './code.js';
import type { Code, ListCode, ListType, NumberCode } from './code.js';
import { ExpressionError } from './expression-error.js';
import { sizeOf } from './expression-size.js';
import { elementOf, valueRun } from './lists.js';
import type { Scope } from './scope.js';
import { spend } from './steps.js';

export const MACRO_NAMES = ['all', 'exists', 'exists_one', 'filter', 'map'] as const;
type MacroName = (typeof MACRO_NAMES)[number];

export interface MacroCall {
  readonly name: MacroName;
  readonly list: ASTNode;
  readonly variable: ASTNode;
  readonly body: ASTNode;
  readonly node: ASTNode;
}

export const isMacroName = (name: string): name is MacroName => MACRO_NAMES.some((macro) => macro === name);

export function compileMacro(
  call: MacroCall,
  scope: Scope,
  compile: (node: ASTNode, scope: Scope) => Code,
): Code {
  if (scope.insideMacro)
    throw new ExpressionError(`${call.name} cannot stand inside another macro`, call.node, {
      found: call.name,
    });
  const asked = compile(call.list, scope);
  if (asked.kind !== 'list' || asked.type === 'bytes')
    throw new ExpressionError(`${call.name} needs a list, got ${asked.type}`, call.list, {
      found: asked.type,
    });
  const list = counted(asked, 1 + sizeOf(call.body));
  if (call.variable.op !== 'id')
    throw new ExpressionError(`the first argument of ${call.name} must be a name`, call.variable);

  const cell: { element: unknown } = { element: null };
  const element = elementOf(list, () => cell.element, false);
  const body = compile(call.body, bodyScope(scope, call.variable.args, element));
  if (call.name === 'map') return mapped(list, cell, body, call);
  if (body.kind !== 'number' || body.type !== 'bool')
    throw new ExpressionError(`the condition of ${call.name} needs bool, got ${body.type}`, call.body, {
      found: body.type,
      allowed: ['bool'],
    });
  return call.name === 'filter' ? filtered(list, cell, body) : quantified(call.name, list, cell, body);
}

/** The list of a macro: each of its elements costs what the body does with it. */
function counted(list: ListCode, stepsPerElement: number): ListCode {
  const run = (row: number): readonly unknown[] | null => {
    const elements = list.run(row);
    spend((elements?.length ?? 0) * stepsPerElement);
    return elements;
  };
  return { ...list, run };
}

function bodyScope(scope: Scope, name: string, element: Code): Scope {
  return {
    variable: (asked) => (asked === name ? element : scope.variable(asked)),
    names: [...scope.names, name],
    insideMacro: true,
  };
}

function mapped(list: ListCode, cell: { element: unknown }, body: Code, call: MacroCall): ListCode {
  const types: Readonly<Record<string, ListType>> = {
    int: 'int_list',
    float: 'float_list',
    string: 'string_list',
    bool: 'bool_list',
  };
  const type = types[body.type];
  if (!type)
    throw new ExpressionError(`map cannot make a list of ${body.type}`, call.body, { found: body.type });
  const value = valueRun(body);
  const run = (row: number): readonly unknown[] | null =>
    list.run(row)?.map((element) => {
      cell.element = element;
      return value(row);
    }) ?? null;
  return listCode(type, run, [list, body]);
}

function filtered(list: ListCode, cell: { element: unknown }, body: NumberCode): ListCode {
  const run = (row: number): readonly unknown[] | null =>
    list.run(row)?.filter((element) => {
      cell.element = element;
      return body.run(row) === 1;
    }) ?? null;
  return listCode(list.type, run, [list, body]);
}

/** A condition that is null for an element counts as one that does not hold. */
function quantified(
  name: 'all' | 'exists' | 'exists_one',
  list: ListCode,
  cell: { element: unknown },
  body: NumberCode,
): NumberCode {
  const run = (row: number): number => {
    const elements = list.run(row);
    if (elements === null) return Number.NaN;
    let holding = 0;
    for (const element of elements) {
      cell.element = element;
      if (body.run(row) === 1) holding++;
    }
    if (name === 'all') return holding === elements.length ? 1 : 0;
    if (name === 'exists') return holding > 0 ? 1 : 0;
    return holding === 1 ? 1 : 0;
  };
  return numberCode('bool', run, [list, body]);
}
