import type { JSX } from 'preact';
import type { FeatureServiceDefinition, Kind, Stored } from '../api/definitions.js';
import { writeRoute } from '../route.js';
import { factsOf } from './definition-facts.js';

interface DefinitionEntryProps {
  readonly kind: Kind;
  readonly stored: Stored;
}

/** One definition: what it is at a glance; opened, what it says. */
export function DefinitionEntry({ kind, stored }: DefinitionEntryProps): JSX.Element {
  const { definition, version, updatedAt, createdAt } = stored;
  const { name, description, owner, tags } = definition;
  const changedAt = updatedAt ?? createdAt;
  return (
    <details class="entry">
      <summary>
        <span class="name">{name}</span>
        <span class="chip plain">v{version}</span>
        {description !== undefined && <span class="description">{description}</span>}
        <span class="grow" />
        {Object.entries(tags ?? {}).map(([tag, value]) => (
          <span key={tag} class="chip tag">
            {tag}: {value}
          </span>
        ))}
        {owner !== undefined && <span class="owner">{owner}</span>}
      </summary>
      <div class="entry-body">
        {kind === 'feature-services' && (
          <p>
            <a href={writeRoute({ view: 'vectors', subject: name, typed: {} })}>Read a vector of {name}</a>
          </p>
        )}
        <dl class="facts">
          {factsOf(kind, definition as FeatureServiceDefinition).map(({ term, lines, isCode }) => (
            <div key={term}>
              <dt>{term}</dt>
              <dd>
                {lines.map((line) => (
                  <span key={line} class="line">
                    {isCode ? <code>{line}</code> : line}
                  </span>
                ))}
              </dd>
            </div>
          ))}
          <div>
            <dt>Last changed</dt>
            <dd>
              <time dateTime={changedAt}>{new Date(changedAt).toLocaleString()}</time>
            </dd>
          </div>
        </dl>
      </div>
    </details>
  );
}
