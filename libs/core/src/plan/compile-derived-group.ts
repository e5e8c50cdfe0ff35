import type { DerivedFeatureGroupDefinition, FeatureType } from '../definitions/definitions.js';
import { expressionTypeOf, isNumeric, type ExpressionType } from '../expressions/code.js';
import { checkDefault } from './default-value.js';
import type { FaultSink } from './definition-fault.js';
import { checkExpression, checkTotalSize, typeScope, type KnownType } from './expression-check.js';
import type { GroupCatalog } from './group-catalog.js';
import { checkName } from './names.js';
import type { DerivedGroupPlan } from './plan.js';

export function compileDerivedGroup(
  definition: DerivedFeatureGroupDefinition,
  version: number,
  catalog: GroupCatalog,
  faults: FaultSink,
): DerivedGroupPlan {
  checkName(definition.name, faults.in('name'));
  const types = new Map<string, KnownType>();
  const { inputs, isOpen } = compileInputs(definition, catalog, types, faults);
  const requestFields = Object.entries(definition.requestFields ?? {}).map(([name, type]) => ({
    name,
    type,
  }));
  for (const { name, type } of requestFields) {
    const place = faults.in('requestFields', name);
    checkName(name, place);
    if (types.has(name))
      place.report('DUPLICATE', `"${name}" is already a feature of an input`, { found: name });
    types.set(name, expressionTypeOf(type));
  }
  const features = definition.features.map((feature, i) => {
    const place = faults.in('features', i);
    checkName(feature.name, place.in('name'));
    if (types.has(feature.name))
      place.in('name').report('DUPLICATE', `the name "${feature.name}" is already taken by an input`, {
        found: feature.name,
      });
    const type = checkExpression(feature.expression, typeScope(types, isOpen), place.in('expression'));
    if (type !== 'unknown') checkResult(type, feature.type, place.in('expression'));
    checkDefault(feature.default, feature.type, place);
    // A later feature may use an earlier one.
    types.set(feature.name, expressionTypeOf(feature.type));
    const { name, expression } = feature;
    return {
      name,
      type: feature.type,
      expression,
      ...(feature.default !== undefined && { default: feature.default }),
    };
  });
  checkTotalSize(
    features.map((feature) => feature.expression),
    faults.in('features'),
  );
  return { name: definition.name, version, inputs, requestFields, features };
}

/**
 * Features of the inputs: by name where only one input has it, and always as `group.feature`. Of a faulty input no
 * feature is known for sure, so that there may be others (`isOpen`) and their types are not known.
 */
function compileInputs(
  definition: DerivedFeatureGroupDefinition,
  catalog: GroupCatalog,
  types: Map<string, KnownType>,
  faults: FaultSink,
): { readonly inputs: DerivedGroupPlan['inputs']; readonly isOpen: boolean } {
  let isOpen = false;
  const ambiguous = new Set<string>();
  const inputs: { group: string; version: number }[] = [];
  for (const [i, text] of definition.inputs.entries()) {
    const place = faults.in('inputs', i);
    const resolved = catalog.resolve(text, place);
    if (!resolved || resolved.group.faulty) isOpen = true;
    if (!resolved) continue;
    const { group } = resolved;
    if (inputs.some((input) => input.group === group.name))
      place.report('DUPLICATE', `the input "${group.name}" is there twice`, { found: text });
    inputs.push({ group: group.name, version: group.version });
    for (const feature of resolved.features) {
      const type = group.faulty ? 'unknown' : typeInExpressions(feature.type);
      if (types.has(feature.name)) ambiguous.add(feature.name);
      types.set(feature.name, type);
      types.set(`${group.name}.${feature.name}`, type);
    }
  }
  for (const name of ambiguous) types.delete(name);
  return { inputs, isOpen };
}

const typeInExpressions = (type: FeatureType | 'map'): ExpressionType =>
  type === 'map' ? 'map' : expressionTypeOf(type);

function checkResult(inferred: ExpressionType, declared: FeatureType, faults: FaultSink): void {
  const expected = expressionTypeOf(declared);
  const fits =
    inferred === expected ||
    inferred === 'null' ||
    (expected === 'float' && isNumeric(inferred)) ||
    (expected === 'float_list' && inferred === 'int_list');
  if (!fits)
    faults.report('TYPE', `the expression gives ${inferred}, the feature is declared ${declared}`, {
      found: inferred,
      allowed: [declared],
    });
}
