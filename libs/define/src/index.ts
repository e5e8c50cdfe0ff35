export { entity, type Entity } from './entity.js';
export { source, type Source } from './source.js';
export { aggregatedGroup, pushedGroup, type FeatureGroup } from './feature-group.js';
export { derivedGroup } from './derived-group.js';
export { featureService, type ServedFeatures } from './feature-service.js';
export { type FeatureSet } from './feature-set.js';
export { repository, AmbiguousDefinitionError, type CatalogOf, type Repository } from './repository.js';
export { type TypesOf } from './typed.js';
