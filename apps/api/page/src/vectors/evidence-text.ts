import { countText } from '../text/numbers.js';
import { exactText } from './value-text.js';
import type { Evidence } from '../api/vectors.js';

export interface EvidenceText {
  readonly short: string;
  readonly long: string;
  readonly isExact: boolean;
}

/** How far a value may be from the exact one, in words. Undefined where there is no such question. */
export function evidenceText(evidence: Evidence): EvidenceText | undefined {
  if (evidence.exact === undefined) return undefined;
  if (evidence.exact)
    return { short: 'exact', long: 'Exact: every event is known by itself.', isExact: true };
  const { valueBound, sketchError, uncertainEvents } = evidence;
  const parts: string[] = [];
  const shorts: string[] = [];
  if (valueBound !== undefined && valueBound !== null) {
    shorts.push(`± ${exactText(valueBound)}`);
    parts.push(`at most ${exactText(valueBound)} off`);
  }
  if (sketchError !== undefined && sketchError !== null) {
    const percent = percentText(Number(sketchError));
    shorts.push(`± ${percent}`);
    parts.push(`a sketch that is within ${percent} of the value`);
  }
  if (uncertainEvents !== undefined) {
    if (shorts.length === 0) shorts.push(`± ${countText(uncertainEvents)} ev.`);
    parts.push(`${countText(uncertainEvents)} events may be on the wrong side of the window's edge`);
  }
  return {
    short: shorts[0] ?? 'approximate',
    long: `Approximate: ${parts.join('; ') || 'by how much is not known'}.`,
    isExact: false,
  };
}

function percentText(fraction: number): string {
  return `${Number((fraction * 100).toPrecision(2))} %`;
}
