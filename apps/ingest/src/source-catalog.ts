import {
  compileEventReader,
  MillraceError,
  routesOf,
  type EventReader,
  type PlanDocument,
} from '@millrace/core';

/** The stream sources of one plan, compiled. */
export class SourceCatalog {
  private readonly readers = new Map<string, EventReader>();

  constructor(plan: PlanDocument) {
    for (const source of plan.sources) {
      if (source.type !== 'stream') continue;
      this.readers.set(source.name, compileEventReader(source, routesOf(plan, source.name)));
    }
  }

  /** @throws MillraceError UNKNOWN_SOURCE that lists what there is. */
  reader(source: string): EventReader {
    const reader = this.readers.get(source);
    if (reader) return reader;
    const known = [...this.readers.keys()].toSorted();
    const allowed =
      known.length > 0 ? `stream sources: ${known.join(', ')}` : 'no stream source is registered yet';
    throw new MillraceError(
      'UNKNOWN_SOURCE',
      `there is no stream source ${JSON.stringify(source)}; ${allowed}`,
    );
  }
}
