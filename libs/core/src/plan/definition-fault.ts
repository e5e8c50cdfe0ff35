import { nearestName } from '../nearest-name.js';

/** Stable codes of what can be wrong with a definition. */
export type DefinitionFaultCode =
  /** A member is missing, superfluous or of the wrong form. */
  | 'FORM'
  | 'NAME'
  | 'DUPLICATE'
  /** A name that does not resolve: entity, source, group, feature, field. */
  | 'UNKNOWN_NAME'
  /** A field, column or value whose type does not fit. */
  | 'TYPE'
  | 'EXPRESSION'
  | 'FUNCTION'
  | 'WINDOW'
  | 'DURATION'
  | 'LIMIT'
  | 'CYCLE'
  /** What cannot change once it is registered. */
  | 'IMMUTABLE'
  /** What cannot be removed because something depends on it. */
  | 'IN_USE';

/** One thing that is wrong with a set of definitions, told so that its author can put it right. */
export interface DefinitionFault {
  /** The kind of the definition, or what was written in its place. */
  readonly kind: string;
  readonly name: string;
  /** Members and indices from the definition to the place: `['aggregations', 0, 'of']`. */
  readonly at: readonly (string | number)[];
  readonly code: DefinitionFaultCode;
  readonly message: string;
  readonly found?: unknown;
  readonly allowed?: readonly string[];
  readonly didYouMean?: string;
}

type FaultDetails = Pick<DefinitionFault, 'found' | 'allowed' | 'didYouMean'>;

/** `FeatureGroup/airport_departures.aggregations[0].of` */
export function pathOf(fault: Pick<DefinitionFault, 'kind' | 'name' | 'at'>): string {
  const place = fault.at.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`));
  return `${fault.kind}/${fault.name}${place.join('')}`;
}

/** Collects faults; knows the place that is being looked at, so that checks need not. */
export class FaultSink {
  private constructor(
    private readonly definition: { readonly kind: string; readonly name: string },
    private readonly at: readonly (string | number)[],
    private readonly collected: DefinitionFault[],
  ) {}

  static of(definition: { kind: string; name: string }, collected: DefinitionFault[]): FaultSink {
    return new FaultSink(definition, [], collected);
  }

  /** The sink for a member of this place. */
  in(...steps: readonly (string | number)[]): FaultSink {
    return new FaultSink(this.definition, [...this.at, ...steps], this.collected);
  }

  report(code: DefinitionFaultCode, message: string, details: FaultDetails = {}): void {
    const { kind, name } = this.definition;
    this.collected.push({ kind, name, at: this.at, code, message, ...details });
  }

  /** A name that is not among those that may be meant. */
  reportUnknown(what: string, found: string, allowed: Iterable<string>): void {
    const names = [...allowed];
    const didYouMean = nearestName(found, names);
    const hint = didYouMean === undefined ? '' : `; did you mean "${didYouMean}"?`;
    this.report('UNKNOWN_NAME', `there is no ${what} "${found}"${hint}`, {
      found,
      allowed: names,
      ...(didYouMean !== undefined && { didYouMean }),
    });
  }
}
