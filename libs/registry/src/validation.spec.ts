/**
 * Every rule of validation with the exact message that it tells: one wrong document (or set) a rule, on top of a
 * registry that holds a small shop (`test/definitions/wrong`). The last test reads the messages out of the sources, so
 * that a rule without a row there fails it.
 */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { pathOf, type Definition } from '@millrace/core';
import { decideChanges, KEEP_ALL, type Removal } from './changes.js';
import { decideApply } from './decide-apply.js';
import { readDefinitions, type LocatedFault } from './read-definitions.js';
import type { RegistryState } from './registry-state.js';
import { messageTemplates, patternOf } from '../../../test/definitions/message-templates.js';
import { SHOP } from '../../../test/definitions/wrong/wrong-document.js';
import { WRONG_EXPRESSIONS } from '../../../test/definitions/wrong/wrong-expressions.js';
import { REMOVALS, VALUES, WRONG_FORMS } from '../../../test/definitions/wrong/wrong-forms.js';
import { WRONG_GROUPS } from '../../../test/definitions/wrong/wrong-groups.js';
import { readDocuments } from '../../../tools/cli/definition-documents.js';

const WRONG = [...WRONG_FORMS, ...WRONG_GROUPS, ...WRONG_EXPRESSIONS];

/** As the registry holds what was applied to an empty one, all of it caught up. */
function registered(text: string): RegistryState {
  const { definitions } = readDefinitions(
    readDocuments(text, 'shop.yaml').documents.map(({ value }) => value),
  );
  const empty: RegistryState = { revision: 0, current: [], history: [], caughtUp: new Set() };
  const decision = decideChanges(empty, definitions, KEEP_ALL);
  if (decision.kind === 'refused') throw new Error(decision.faults.map(({ message }) => message).join('\n'));
  const caughtUp = new Set(definitions.map(({ name }) => `${name}@1`));
  return { revision: 1, current: decision.after, history: decision.after, caughtUp };
}

const shop = registered(SHOP);

function faultsIn(values: readonly unknown[], removal: Removal = KEEP_ALL): readonly LocatedFault[] {
  const decision = decideApply(shop, values, removal);
  return decision.kind === 'accepted' ? [] : decision.faults;
}

/** `wrong.yaml:5: Entity/wrong.joinKeys LIMIT: … (allowed: …)` */
function told(text: string): string[] {
  const { documents } = readDocuments(text, 'wrong.yaml');
  return faultsIn(documents.map(({ value }) => value)).map((fault) => {
    const index = fault.index ?? documents.findLastIndex(({ value }) => isDefinition(value, fault));
    const document = documents[index];
    return `${document ? `${document.file}:${document.lineOf(fault.at)}: ` : ''}${line(fault)}`;
  });
}

function isDefinition(value: unknown, { kind, name }: LocatedFault): boolean {
  const definition = value as Partial<Definition>;
  return definition.kind === kind && definition.name === name;
}

const ALLOWED_SHOWN = 4;

/** As the command line shows it, on one line: what is allowed where the message does not say it. */
function line(fault: LocatedFault): string {
  const { allowed = [], message } = fault;
  const isSaid = allowed.every((choice) => message.includes(choice));
  const more = allowed.length > ALLOWED_SHOWN ? ', …' : '';
  const rest = isSaid ? '' : ` (allowed: ${allowed.slice(0, ALLOWED_SHOWN).join(', ')}${more})`;
  return `${pathOf(fault)} ${fault.code}: ${message}${rest}`;
}

describe('a wrong definition is told what is wrong, where, and what is allowed', () => {
  it.each(WRONG.map(([document, ...faults]) => ({ document, faults })))('$faults', ({ document, faults }) => {
    expect(told(document)).toEqual(faults);
  });

  it.each(REMOVALS.map(([removed, ...faults]) => ({ removed, faults })))('$faults', ({ removed, faults }) => {
    expect(faultsIn([], { prune: false, remove: [removed] }).map(line)).toEqual(faults);
  });

  it.each(VALUES.map(([value, fault]) => ({ value, fault })))('$fault', ({ value, fault }) => {
    expect(faultsIn([value]).map(line)).toEqual([fault]);
  });
});

/** Where rules are, and how they tell. */
const SOURCES = ['libs/core/src/plan', 'libs/core/src/expressions', 'libs/registry/src'];

/** The parser refuses such a text before: the rules are there for its types. */
const UNREACHABLE: readonly RegExp[] = [/^the first argument of .* must be a name/, /^optional access /];

describe('every rule', () => {
  it('has its message in this table', () => {
    const messages = [...WRONG, ...REMOVALS, ...VALUES]
      .flatMap(([, ...faults]) => faults)
      .map((fault) => fault.slice(fault.search(/ [A-Z_]+: /)).replace(/^ [A-Z_]+: /, ''));
    const templates = SOURCES.flatMap((folder) => messageTemplates(path.resolve(folder)));
    expect(templates.length).toBeGreaterThan(90);
    const missing = templates.filter(
      (template) =>
        !UNREACHABLE.some((rule) => rule.test(template)) &&
        !messages.some((message) => patternOf(template).test(message)),
    );
    expect(missing).toEqual([]);
  });
});
