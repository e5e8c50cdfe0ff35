import { nearestName } from '@millrace/core';
import { CalledWrongly } from './command-failed.js';

export interface Kind {
  readonly kind: string;
  /** Below /v1, and the name that the command line shows. */
  readonly path: string;
  readonly aliases: readonly string[];
}

export const KINDS: readonly Kind[] = [
  { kind: 'Entity', path: 'entities', aliases: ['entity', 'e'] },
  { kind: 'Source', path: 'sources', aliases: ['source', 's'] },
  { kind: 'FeatureGroup', path: 'feature-groups', aliases: ['feature-group', 'group', 'groups', 'fg'] },
  {
    kind: 'DerivedFeatureGroup',
    path: 'derived-feature-groups',
    aliases: ['derived-feature-group', 'derived', 'dfg'],
  },
  {
    kind: 'FeatureService',
    path: 'feature-services',
    aliases: ['feature-service', 'service', 'services', 'fs'],
  },
];

export const KINDS_HELP = `${KINDS.map(({ path }) => path).join(', ')}, or the singular`;

/** @throws CalledWrongly naming the kinds that there are. */
export function kindOf(text: string): Kind {
  const asked = text.toLowerCase();
  const found = KINDS.find(
    ({ kind, path, aliases }) => kind.toLowerCase() === asked || path === asked || aliases.includes(asked),
  );
  if (found) return found;
  const paths = KINDS.map(({ path }) => path);
  const near = nearestName(asked, [...paths, ...KINDS.flatMap(({ aliases }) => aliases)]);
  const hint = near === undefined ? '' : `; did you mean "${near}"?`;
  throw new CalledWrongly(`there is no kind "${text}": ${paths.join(', ')}${hint}`);
}
