import type { JSX } from 'preact';
import { inputJson } from './input-json.js';
import type { VectorInput } from './vector-inputs.js';

interface InputFieldsProps {
  readonly inputs: readonly VectorInput[];
  readonly typed: Readonly<Record<string, string>>;
  readonly onType: (name: string, text: string) => void;
  readonly isOptional?: boolean;
}

/** One labelled input per join key or request field; what does not read as its type is said beneath it. */
export function InputFields({ inputs, typed, onType, isOptional = false }: InputFieldsProps): JSX.Element {
  return (
    <>
      {inputs.map(({ name, type, of }) => {
        const text = typed[name] ?? '';
        const read = text === '' ? undefined : inputJson(type, text);
        const fault = read && 'fault' in read ? read.fault : undefined;
        const id = `input-${name}`;
        return (
          <div key={name} class="field">
            <label for={id}>
              {name} <small>{type}</small>
              {of !== name && <small> of {of}</small>}
            </label>
            <input
              id={id}
              type="text"
              inputMode={type === 'int' ? 'numeric' : type === 'float' ? 'decimal' : 'text'}
              autocomplete="off"
              autocapitalize="off"
              spellcheck={false}
              value={text}
              required={!isOptional}
              aria-invalid={fault !== undefined}
              aria-describedby={fault === undefined ? undefined : `${id}-fault`}
              onInput={(event) => onType(name, event.currentTarget.value)}
            />
            {fault !== undefined && (
              <p id={`${id}-fault`} class="input-fault">
                {fault}
              </p>
            )}
          </div>
        );
      })}
    </>
  );
}
