/**
 * What of a malformed definition can be read all the same. It is never registered; it lets what is wrong with its
 * meaning, and with what refers to it, be told together with what is wrong with its form.
 */
import {
  nearestName,
  type Definition,
  type DefinitionFault,
  type DefinitionKind,
  type DefinitionOutline,
  type EntityOutline,
  type FeatureType,
  type JoinKeyType,
  type SourceOutline,
} from '@millrace/core';
import { isRecord } from './form-rules.js';
import {
  DEFINITION_KINDS,
  FEATURE_TYPES,
  isDefinitionKind,
  JOIN_KEY_TYPES,
  SOURCE_TYPES,
} from './vocabulary.js';

type Place = readonly (string | number)[];

export interface ReadablePart {
  /** For those that refer to it; several where its kind is not known. */
  readonly outlines: readonly DefinitionOutline[];
  /** Without the members and elements that are malformed; absent where what is left is no definition. */
  readonly definition?: Definition;
  /** A fault of `definition` as one of what was written, or undefined where only what is missing made it one. */
  told(fault: DefinitionFault): DefinitionFault | undefined;
}

/**
 * @param faults what is wrong with its form
 * @param isFormed whether a value has the form of a definition
 */
export function readablePart(
  value: unknown,
  faults: readonly DefinitionFault[],
  isFormed: (value: unknown) => value is Definition,
): ReadablePart {
  if (!isRecord(value) || typeof value.name !== 'string') return { outlines: [], told: () => undefined };
  const outlines = kindsOf(value.kind).map((kind) => outlineOf(kind, value.name as string, value));
  // An element of a list, or else the member as a whole.
  for (const depth of [2, 1]) {
    const cut = faults.map((fault) => fault.at.slice(0, depth));
    if (cut.some(bringsNames)) break;
    const definition = without(value, cut);
    if (isFormed(definition)) return { outlines, definition, told: (fault) => asWritten(fault, value, cut) };
  }
  return { outlines, told: () => undefined };
}

/** Without these (or an input), all that reads the names which they bring would seem wrong. */
const bringsNames = ([member, step]: Place): boolean =>
  member === 'inputs' || (step === undefined && (member === 'derive' || member === 'requestFields'));

function kindsOf(kind: unknown): readonly DefinitionKind[] {
  if (isDefinitionKind(kind)) return [kind];
  const meant = typeof kind === 'string' ? nearestName(kind, DEFINITION_KINDS) : undefined;
  return isDefinitionKind(meant) ? [meant] : DEFINITION_KINDS;
}

function outlineOf(kind: DefinitionKind, name: string, value: Record<string, unknown>): DefinitionOutline {
  switch (kind) {
    case 'Entity':
      return { kind, name, outline: entityOutline(name, value.joinKeys) };
    case 'Source':
      return { kind, name, outline: sourceOutline(name, value) };
    default:
      return { kind, name };
  }
}

function entityOutline(name: string, joinKeys: unknown): EntityOutline {
  const named = (Array.isArray(joinKeys) ? joinKeys : [])
    .filter(isRecord)
    .filter((key): key is { name: string; type: unknown } => typeof key.name === 'string');
  const isOpen = !Array.isArray(joinKeys) || named.length < joinKeys.length || named.length === 0;
  const isType = (type: unknown): type is JoinKeyType => JOIN_KEY_TYPES.some((known) => known === type);
  return {
    name,
    joinKeys: named.map((key) => ({ name: key.name, ...(isType(key.type) && { type: key.type }) })),
    isOpen,
  };
}

function sourceOutline(name: string, { type, fields }: Record<string, unknown>): SourceOutline {
  const isType = (found: unknown): found is FeatureType => FEATURE_TYPES.some((known) => known === found);
  const sourceType = SOURCE_TYPES.find((known) => known === type);
  return {
    name,
    ...(sourceType !== undefined && { type: sourceType }),
    fields: Object.entries(isRecord(fields) ? fields : {}).map(([field, found]) => ({
      name: field,
      ...(isType(found) && { type: found }),
    })),
    isOpen: !isRecord(fields),
  };
}

const isSame = (a: Place, b: Place): boolean => a.length === b.length && isWithin(a, b);

/** Whether `place` lies in `around`, or is it. */
const isWithin = (place: Place, around: Place): boolean => around.every((step, i) => step === place[i]);

function without(value: unknown, cut: readonly Place[], at: Place = []): unknown {
  const isCut = (step: string | number): boolean => cut.some((place) => isSame(place, [...at, step]));
  if (at.length > 1) return value;
  if (Array.isArray(value))
    return value.flatMap((element, i) => (isCut(i) ? [] : [without(element, cut, [...at, i])]));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([member]) => !isCut(member))
      .map(([member, held]) => [member, without(held, cut, [...at, member])]),
  );
}

function asWritten(
  fault: DefinitionFault,
  value: Record<string, unknown>,
  cut: readonly Place[],
): DefinitionFault | undefined {
  const at = placeAsWritten(fault.at, cut);
  if (cut.some((place) => isWithin(at, place) || isWithin(place, at))) return undefined;
  if (cut.some((place) => fault.found !== undefined && fault.found === nameAt(value, place)))
    return undefined;
  return { ...fault, at };
}

/** Elements that were cut move those behind them. */
function placeAsWritten(at: Place, cut: readonly Place[]): Place {
  const [member, index, ...rest] = at;
  if (member === undefined || typeof index !== 'number') return at;
  let written = index;
  const cutIndices = cut.filter((place) => place[0] === member).map((place) => place[1]);
  for (let i = 0; i <= written; i++) if (cutIndices.includes(i)) written++;
  return [member, written, ...rest];
}

/** What others call what stands there: the name of a member, or that of the element. */
function nameAt(value: Record<string, unknown>, place: Place): unknown {
  const [member, step] = place;
  if (typeof step === 'string') return step;
  const list = typeof member === 'string' ? value[member] : undefined;
  const element: unknown = Array.isArray(list) && step !== undefined ? list[step] : undefined;
  return isRecord(element) ? element.name : undefined;
}
