/** From foreign values (JSON, YAML) to definitions, or to faults that say what is wrong with their form. */
import { plainToInstance } from 'class-transformer';
import { getMetadataStorage, validateSync, type ValidationError } from 'class-validator';
import { nearestName, type Definition, type DefinitionFault } from '@millrace/core';
import { FORM_OF_KIND } from './definition-forms.js';
import { ELEMENT_RULES, isRecord } from './form-rules.js';
import { readablePart, type ReadablePart } from './readable-part.js';
import { DEFINITION_KINDS, FEATURE_TYPES, isDefinitionKind } from './vocabulary.js';

/** A fault, and which of the given definitions it concerns. */
export interface LocatedFault extends DefinitionFault {
  /** Position among the given definitions; absent where the fault lies in what was registered before. */
  readonly index?: number;
}

export interface ReadDefinitions {
  readonly definitions: readonly Definition[];
  readonly faults: readonly LocatedFault[];
  /** What can be read of those that have faults. */
  readonly readable: readonly ReadablePart[];
}

export function readDefinitions(values: readonly unknown[]): ReadDefinitions {
  const definitions: Definition[] = [];
  const faults: LocatedFault[] = [];
  const readable: ReadablePart[] = [];
  for (const [index, value] of values.entries()) {
    const found = formFaults(value);
    if (found.length === 0) definitions.push(value as Definition);
    else readable.push(readablePart(value, found, isFormed));
    faults.push(...found.map((fault) => ({ ...fault, index })));
  }
  return { definitions, faults, readable };
}

const isFormed = (value: unknown): value is Definition => formFaults(value).length === 0;

function formFaults(value: unknown): DefinitionFault[] {
  const identity = { kind: memberText(value, 'kind'), name: memberText(value, 'name') };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [
      {
        ...identity,
        at: [],
        code: 'FORM',
        message: 'a definition must be a mapping',
        // JSON holds none, and it is told in an answer.
        found: typeof value === 'bigint' ? String(value) : value,
      },
    ];
  if (hasMoreMembersThan(MEMBERS_MAX, value))
    return [
      { ...identity, at: [], code: 'LIMIT', message: `a definition has at most ${MEMBERS_MAX} members` },
    ];
  const unstorable = unstorablePart(value, []);
  if (unstorable) return [{ ...identity, code: 'FORM', ...unstorable }];
  const kind = 'kind' in value ? value.kind : undefined;
  if (!isDefinitionKind(kind)) return [kindFault(identity, kind)];
  const form = plainToInstance<object, unknown>(FORM_OF_KIND[kind], value);
  // `kind` chose the form; as a member of it there is nothing left to check.
  const errors = validateSync(form, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
  }).filter((error) => error.property !== 'kind');
  return errors.flatMap((error) => faultsOf(error, [], identity));
}

/** A source of 500 fields and a group of 1,000 features stay far below; beyond, checking takes too long. */
const MEMBERS_MAX = 20_000;

/** Counted level by level, elements of lists included. */
function hasMoreMembersThan(most: number, value: object): boolean {
  let count = 0;
  let level: object[] = [value];
  while (level.length > 0) {
    const members: unknown[] = level.flatMap((container) => Object.values(container));
    count += members.length;
    if (count > most) return true;
    level = members.filter((member): member is object => typeof member === 'object' && member !== null);
  }
  return false;
}

/** PostgreSQL's text holds neither NUL nor half of a surrogate pair. */
const UNSTORABLE_TEXT = /[\0\p{Surrogate}]/u;

type Unstorable = Pick<DefinitionFault, 'at' | 'message' | 'found'>;

/** Bodies are read exactly, integers beyond 2^53 as bigint; definitions are JSON at rest and hold doubles. */
function unstorablePart(value: unknown, at: readonly (string | number)[]): Unstorable | undefined {
  if (typeof value === 'bigint') return { at, message: `${value} is beyond ±2^53`, found: String(value) };
  if (typeof value === 'string' && UNSTORABLE_TEXT.test(value))
    return { at, message: 'text must not hold NUL or half a character', found: show(value) };
  if (Array.isArray(value)) return firstOf(value.map((element, i) => unstorablePart(element, [...at, i])));
  if (typeof value !== 'object' || value === null) return undefined;
  return firstOf(
    Object.entries(value).map(
      ([member, held]) => unstorablePart(member, at) ?? unstorablePart(held, [...at, member]),
    ),
  );
}

const firstOf = <T>(values: readonly (T | undefined)[]): T | undefined =>
  values.find((value) => value !== undefined);

type Identity = Pick<DefinitionFault, 'kind' | 'name'>;

function memberText(value: unknown, member: 'kind' | 'name'): string {
  if (typeof value !== 'object' || value === null) return '?';
  const text = (value as Record<string, unknown>)[member];
  return typeof text === 'string' && text !== '' ? text : '?';
}

function kindFault(identity: Identity, kind: unknown): DefinitionFault {
  const didYouMean = typeof kind === 'string' ? nearestName(kind, DEFINITION_KINDS) : undefined;
  const hint = didYouMean === undefined ? '' : `; did you mean "${didYouMean}"?`;
  return {
    ...identity,
    at: ['kind'],
    code: 'FORM',
    message: kind === undefined ? 'the `kind` is missing' : `there is no kind ${show(kind)}${hint}`,
    found: kind ?? null,
    allowed: DEFINITION_KINDS,
    ...(didYouMean !== undefined && { didYouMean }),
  };
}

function faultsOf(
  error: ValidationError,
  above: readonly (string | number)[],
  identity: Identity,
): DefinitionFault[] {
  const step = /^\d+$/.test(error.property) ? Number(error.property) : error.property;
  const at = [...above, step];
  // One rule tells; that it is no list at all comes before what is wrong with the list.
  const broken = Object.keys(error.constraints ?? {});
  const telling = broken.includes('isArray') ? ['isArray'] : broken.slice(0, 1);
  const own = telling.flatMap((constraint) => constraintFaults(constraint, error, at, identity));
  const below = (error.children ?? []).flatMap((child) => faultsOf(child, at, identity));
  return [...own, ...below];
}

function constraintFaults(
  constraint: string,
  error: ValidationError,
  at: readonly (string | number)[],
  identity: Identity,
): DefinitionFault[] {
  const fault = { ...identity, at, code: 'FORM' as const, found: error.value ?? null };
  if (constraint === 'whitelistValidation') return [superfluousMember(error, at, identity)];
  if (error.value === undefined || error.value === null)
    return [{ ...fault, message: `\`${error.property}\` is missing` }];
  if (constraint === 'featureTypes') return featureTypeFaults(error.value, at, identity, error);
  if (constraint === 'isIn') return [choiceFault(error, at, identity)];
  const must = requirement(constraint, error);
  if (constraint === 'textMap' && isRecord(error.value))
    return Object.entries(error.value)
      .filter(([, text]) => typeof text !== 'string')
      .map(([name, found]) => ({
        ...fault,
        ...wrongElement(`${error.property}.${name}`, 'must be text', found),
        at: [...at, name],
      }));
  const holds = ruleOf(error, constraint)?.each === true ? ELEMENT_RULES[constraint] : undefined;
  if (Array.isArray(error.value) && holds !== undefined)
    return error.value.flatMap((element: unknown, i) =>
      holds(element)
        ? []
        : [{ ...fault, ...wrongElement(`${error.property}[${i}]`, must, element), at: [...at, i] }],
    );
  return [{ ...fault, message: `\`${nameOf(at)}\` ${must}, got ${show(error.value)}` }];
}

function wrongElement(
  name: string,
  must: string,
  found: unknown,
): Pick<DefinitionFault, 'message' | 'found'> {
  return { message: `\`${name}\` ${must}, got ${show(found)}`, found };
}

/** An element of a list is called by its list: `joinKeys[0]`. */
function nameOf(at: readonly (string | number)[]): string {
  const last = at.at(-1);
  return typeof last === 'number' ? `${at.at(-2)}[${last}]` : String(last);
}

const REQUIREMENTS: Readonly<Record<string, string>> = {
  isString: 'must be text',
  isInt: 'must be a whole number',
  isNumber: 'must be a number',
  isArray: 'must be a list',
  arrayNotEmpty: 'must not be empty',
  nestedValidation: 'must be a mapping',
};

function requirement(constraint: string, error: ValidationError): string {
  return REQUIREMENTS[constraint] ?? error.constraints?.[constraint] ?? 'has the wrong form';
}

function superfluousMember(
  error: ValidationError,
  at: readonly (string | number)[],
  identity: Identity,
): DefinitionFault {
  const allowed = membersOf(error.target?.constructor);
  const didYouMean = nearestName(error.property, allowed);
  const hint = didYouMean === undefined ? '' : `; did you mean \`${didYouMean}\`?`;
  return {
    ...identity,
    at,
    code: 'FORM',
    message: `there is no member \`${error.property}\`${hint}`,
    found: error.property,
    allowed,
    ...(didYouMean !== undefined && { didYouMean }),
  };
}

/** The members of each form, read from its validation rules. */
const MEMBERS = new Map<unknown, readonly string[]>();

function membersOf(form: unknown): readonly string[] {
  const known = MEMBERS.get(form);
  if (known || typeof form !== 'function') return known ?? [];
  const rules = getMetadataStorage().getTargetValidationMetadatas(form, '', false, false);
  const members = [...new Set(rules.map((rule) => rule.propertyName))];
  MEMBERS.set(form, members);
  return members;
}

function choiceFault(
  error: ValidationError,
  at: readonly (string | number)[],
  identity: Identity,
): DefinitionFault {
  const allowed = choicesOf(error);
  const didYouMean = typeof error.value === 'string' ? nearestName(error.value, allowed) : undefined;
  const hint = didYouMean === undefined ? '' : `; did you mean "${didYouMean}"?`;
  return {
    ...identity,
    at,
    code: 'FORM',
    message: `\`${error.property}\` must be one of ${allowed.join(', ')}, got ${show(error.value)}${hint}`,
    found: error.value,
    allowed,
    ...(didYouMean !== undefined && { didYouMean }),
  };
}

function choicesOf(error: ValidationError): string[] {
  const [choices] = (ruleOf(error, 'isIn')?.constraints ?? []) as unknown[][];
  return (choices ?? []).map(String);
}

function ruleOf(error: ValidationError, constraint: string) {
  const form = error.target?.constructor;
  if (typeof form !== 'function') return undefined;
  const rules = getMetadataStorage().getTargetValidationMetadatas(form, '', false, false);
  return rules.find((rule) => rule.propertyName === error.property && rule.name === constraint);
}

function featureTypeFaults(
  value: unknown,
  at: readonly (string | number)[],
  identity: Identity,
  error: ValidationError,
): DefinitionFault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const message = `\`${error.property}\` must be a mapping of field names to types, got ${show(value)}`;
    return [{ ...identity, at, code: 'FORM', message, found: value }];
  }
  return Object.entries(value)
    .filter(([, type]) => !FEATURE_TYPES.some((known) => known === type))
    .map(([field, type]) => {
      const didYouMean = typeof type === 'string' ? nearestName(type, FEATURE_TYPES) : undefined;
      const hint = didYouMean === undefined ? '' : `; did you mean "${didYouMean}"?`;
      return {
        ...identity,
        at: [...at, field],
        code: 'FORM',
        message: `there is no type ${show(type)}${hint}`,
        found: type,
        allowed: FEATURE_TYPES,
        ...(didYouMean !== undefined && { didYouMean }),
      };
    });
}

/** The value as a person wrote it, cut where it is long. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
