import { expect, it } from 'vitest';
import { compilePlan, pathOf } from '@millrace/core';
import { readDefinitions } from '@millrace/registry';
import { readDefinitionFiles } from '../../../tools/cli/definition-files.js';

it.each(['flights', 'fraud'])('the definitions of examples/%s are valid', (example) => {
  const { documents, faults } = readDefinitionFiles([`examples/${example}`]);
  expect(faults).toEqual([]);
  const read = readDefinitions(documents.map(({ value }) => value));
  expect(read.faults).toEqual([]);
  const compiled = compilePlan(
    1,
    read.definitions.map((definition) => ({ definition, version: 1 })),
  );
  expect(compiled.faults.map((fault) => `${pathOf(fault)}: ${fault.message}`)).toEqual([]);
});
