export {
  MillraceClient,
  type Applied,
  type ApplyOptions,
  type ClientSettings,
  type Receipt,
  type RejectedEvent,
  type SendOptions,
} from './millrace-client.js';
export { type AnyCatalog, type Catalog } from './catalog.js';
export { type Evidence, type FeatureVector, type ReadOptions, type Status } from './features.js';
export { NoAnswerError, ProblemError, type ProblemCode, type ProblemDocument } from './problem.js';
