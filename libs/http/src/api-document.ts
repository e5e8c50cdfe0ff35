/**
 * The OpenAPI document of an app, completed with what all of its routes have in common, so that a client generated
 * from it knows how to authenticate and what a refusal looks like.
 */
import { ERRORS } from '@millrace/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;
type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

const PROBLEM_REFERENCE = { $ref: '#/components/schemas/Problem' };
const ACCESS_REFUSALS: Readonly<Record<string, string>> = {
  401: 'No key, or not a valid one',
  403: 'The key does not allow this',
};

const PROBLEM: Schema = {
  type: 'object',
  description: 'A refusal (RFC 9457). Branch on `code`: codes are stable, texts may improve.',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string', format: 'uri', example: 'urn:millrace:error:NOT_FOUND' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(ERRORS) },
    detail: { type: 'string', description: 'What was wrong, which value, what is allowed' },
    faults: {
      type: 'array',
      description: 'All faults of INVALID_DEFINITION',
      items: { $ref: '#/components/schemas/DefinitionFault' },
    },
  },
  additionalProperties: true,
};

const DEFINITION_FAULT: Schema = {
  type: 'object',
  required: ['path', 'kind', 'name', 'at', 'code', 'message'],
  properties: {
    index: { type: 'integer', description: 'Which of the given definitions' },
    path: { type: 'string', example: 'FeatureGroup/airport_departures.aggregations[0].of' },
    kind: { type: 'string' },
    name: { type: 'string' },
    at: { type: 'array', items: { oneOf: [{ type: 'string' }, { type: 'integer' }] } },
    code: { type: 'string' },
    message: { type: 'string' },
    allowed: { type: 'array', items: { type: 'string' } },
    didYouMean: { type: 'string' },
  },
  additionalProperties: true,
};

/** Routes for machines that watch the process; mounted beside Nest, so it does not list them. */
const OPERATIONS: OpenAPIObject['paths'] = {
  '/healthz': { get: openRoute('health', 'Whether the process is alive') },
  '/readyz': {
    get: {
      ...openRoute('readiness', 'Whether its stores answer and its plan is loaded'),
      responses: {
        200: jsonObject('It is ready; `degraded` says what it would do better with'),
        503: jsonObject('It is not; `wrong` says why'),
      },
    },
  },
  '/metrics': {
    get: {
      ...openRoute('metrics', 'Metrics for Prometheus'),
      responses: {
        200: { description: 'Metrics', content: { 'text/plain': { schema: { type: 'string' } } } },
      },
    },
  },
};

/** Feast's own contract says what their refusals look like. */
const FEAST_ROUTES: readonly string[] = [
  '/get-online-features',
  '/push',
  '/write-to-online-store',
  '/materialize',
  '/materialize-incremental',
  '/health',
];

/** Routes that an app mounts on its server itself: Nest does not know them, so it does not list them. */
export interface RoutesBesideNest {
  readonly paths: OpenAPIObject['paths'];
  /** By name; what `#/components/schemas/…` refers to. */
  readonly schemas: Readonly<Record<string, Schema>>;
}

const NO_ROUTES: RoutesBesideNest = { paths: {}, schemas: {} };

/** Serves the document at /docs-json and /docs-yaml, for people at /docs. */
export function mountApiDocument(app: NestFastifyApplication, title: string, beside = NO_ROUTES): void {
  const settings = new DocumentBuilder()
    .setTitle(title)
    .setVersion('1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key, or an OIDC token' }, 'key')
    .addSecurityRequirements('key')
    .build();
  const document = SwaggerModule.createDocument(app, settings, { operationIdFactory: operationId });
  const { components, paths } = document;
  const whole = {
    ...document,
    paths: { ...paths, ...beside.paths },
    components: { ...components, schemas: { ...components?.schemas, ...beside.schemas } },
  };
  SwaggerModule.setup('docs', app, completeApiDocument(whole));
}

/** `read` of FeaturesController becomes `readFeatures`; a method named as its controller stays as it is. */
function operationId(controller: string, method: string): string {
  const subject = controller.replace(/Controller$/, '');
  return subject.toLowerCase() === method.toLowerCase() ? method : `${method}${subject}`;
}

export function completeApiDocument(document: OpenAPIObject): OpenAPIObject {
  const paths = Object.entries(document.paths).map(([path, item]) => [path, completePath(path, item)]);
  return {
    ...document,
    paths: { ...(Object.fromEntries(paths) as OpenAPIObject['paths']), ...OPERATIONS },
    components: {
      ...document.components,
      schemas: { ...document.components?.schemas, Problem: PROBLEM, DefinitionFault: DEFINITION_FAULT },
    },
  };
}

function completePath(path: string, item: PathItem): PathItem {
  const completed: PathItem = { ...item };
  for (const method of METHODS) {
    const operation = item[method];
    if (operation) completed[method] = completeOperation(path, operation);
  }
  return completed;
}

/** What any operation may be refused for, by what it takes; its own descriptions come first. */
function refusalsOf({ parameters = [], requestBody }: Operation): Record<string, { description: string }> {
  const isIn = (place: string): boolean =>
    parameters.some((parameter) => 'in' in parameter && parameter.in === place);
  const takesBody = requestBody !== undefined;
  return {
    ...((takesBody || isIn('path') || isIn('query')) && {
      400: { description: 'The body is no JSON, or something in the request is not of the documented form' },
    }),
    ...(isIn('path') && { 404: { description: 'There is nothing of this name' } }),
    ...(takesBody && {
      413: { description: 'The body is over the limit' },
      415: { description: 'The content type or encoding is not supported' },
    }),
    503: { description: 'A store does not answer, or no plan is loaded yet: wait for Retry-After' },
  };
}

function completeOperation(path: string, operation: Operation): Operation {
  const isFeast = FEAST_ROUTES.includes(path);
  const documented: Operation['responses'] = { ...refusalsOf(operation), ...operation.responses };
  const responses = Object.entries(documented).map(([status, response]) => {
    const isDescribed = response === undefined || '$ref' in response || response.content !== undefined;
    if (isDescribed || Number(status) < 400) return [status, response];
    return [status, { ...response, content: isFeast ? FEAST_ERROR : PROBLEM_CONTENT }];
  });
  const isOpen = operation.security?.length === 0;
  const access = Object.entries(isOpen ? {} : ACCESS_REFUSALS).map(([status, description]) => [
    status,
    { description, content: PROBLEM_CONTENT },
  ]);
  const rest = isFeast ? {} : { default: { description: 'Any other refusal', content: PROBLEM_CONTENT } };
  const all = { ...Object.fromEntries([...access, ...responses]), ...rest } as Operation['responses'];
  return { ...operation, responses: all };
}

const PROBLEM_CONTENT = { 'application/problem+json': { schema: PROBLEM_REFERENCE } };
/** JSON text within a JSON string, as Feast's server and client have it. */
const FEAST_ERROR = { 'application/json': { schema: { type: 'string' } } };

function openRoute(operationIdOf: string, summary: string): Operation {
  return {
    operationId: operationIdOf,
    summary,
    tags: ['operations'],
    security: [],
    responses: { 200: jsonObject(summary) },
  };
}

function jsonObject(description: string): Operation['responses'][string] {
  return { description, content: { 'application/json': { schema: { type: 'object' } } } };
}
