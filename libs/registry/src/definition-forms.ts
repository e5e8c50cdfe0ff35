/**
 * The forms of definitions at the border, checked by class-validator: which members there are and what they
 * hold. Whether they make sense together (names, types, expressions) is `compilePlan`'s to say.
 */
// oxlint-disable-next-line import/no-unassigned-import -- the decorators below keep their types in it
import 'reflect-metadata';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsString,
  ValidateNested,
} from 'class-validator';
import type {
  DefinitionKind,
  FeatureType,
  FunctionDefinition,
  JoinKeyType,
  WindowDefinition,
} from '@millrace/core';
import {
  IsFeatureTypes,
  IsFunction,
  IsNoList,
  IsObject,
  IsTextMap,
  IsWindow,
  MayBeAbsent,
} from './form-rules.js';
import { FEATURE_TYPES, JOIN_KEY_TYPES, SOURCE_TYPES } from './vocabulary.js';

/** Of whatever type the feature has. */
const ANY_VALUE = {
  oneOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, { type: 'array', items: {} }],
};

class MetadataForm {
  @ApiPropertyOptional({ description: 'What it is, for people' })
  @MayBeAbsent()
  @IsString()
  description?: string;

  @ApiPropertyOptional({ example: 'ops@example.com' })
  @MayBeAbsent()
  @IsString()
  owner?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' } })
  @MayBeAbsent()
  @IsTextMap()
  tags?: Record<string, string>;
}

export class JoinKeyForm {
  @ApiProperty({ example: 'airport' })
  @IsString()
  name!: string;

  @ApiProperty({ enum: JOIN_KEY_TYPES })
  @IsIn(JOIN_KEY_TYPES)
  type!: JoinKeyType;
}

export class EntityForm extends MetadataForm {
  @ApiProperty({ enum: ['Entity'] })
  kind!: 'Entity';

  @ApiProperty({ example: 'airport' })
  @IsString()
  name!: string;

  @ApiProperty({ type: [JoinKeyForm], description: 'Several make a composite key' })
  @IsArray()
  @ArrayNotEmpty()
  @IsNoList({ each: true })
  @ValidateNested({ each: true })
  @Type(() => JoinKeyForm)
  joinKeys!: JoinKeyForm[];

  @ApiPropertyOptional({ description: 'Stream partitions; fixed when the entity is registered', default: 16 })
  @MayBeAbsent()
  @IsInt()
  partitions?: number;
}

export class SourceForm extends MetadataForm {
  @ApiProperty({ enum: ['Source'] })
  kind!: 'Source';

  @ApiProperty({ example: 'departures' })
  @IsString()
  name!: string;

  @ApiProperty({ enum: SOURCE_TYPES })
  @IsIn(SOURCE_TYPES)
  type!: 'stream' | 'push' | 'batch';

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string', enum: [...FEATURE_TYPES] },
    example: { departed_at: 'timestamp', origin: 'string', delay: 'int' },
  })
  @IsFeatureTypes()
  fields!: Record<string, FeatureType>;

  @ApiProperty({ example: 'departed_at' })
  @IsString()
  timestampField!: string;

  @ApiPropertyOptional({ description: 'Makes ingest idempotent', example: 'flight_id' })
  @MayBeAbsent()
  @IsString()
  idField?: string;

  @ApiPropertyOptional({ description: 'How long event ids are remembered, 1s to 7d', example: '1h' })
  @MayBeAbsent()
  @IsString()
  dedupHorizon?: string;
}

export class AggregationForm {
  @ApiPropertyOptional({ description: 'Field or derived column; absent for count and rate' })
  @MayBeAbsent()
  @IsString()
  of?: string;

  @ApiProperty({
    type: 'array',
    items: { oneOf: [{ type: 'string' }, { type: 'object' }] },
    example: ['mean', 'p95', { last_k: 5 }],
  })
  @IsArray()
  @ArrayNotEmpty()
  @IsFunction({ each: true })
  functions!: FunctionDefinition[];

  @ApiProperty({
    type: 'array',
    items: { oneOf: [{ type: 'string' }, { type: 'object' }] },
    example: ['1h', 'lifetime', { records: 100 }],
  })
  @IsArray()
  @ArrayNotEmpty()
  @IsWindow({ each: true })
  windows!: WindowDefinition[];

  @ApiPropertyOptional({ description: 'CEL: only rows for which this holds' })
  @MayBeAbsent()
  @IsString()
  where?: string;

  @ApiPropertyOptional({ description: 'Field or derived column: a map of values per category' })
  @MayBeAbsent()
  @IsString()
  by?: string;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsString()
  name?: string;

  @ApiPropertyOptional({ ...ANY_VALUE, description: 'Served where there is no value' })
  @IsOptional()
  default?: unknown;
}

export class DeclaredFeatureForm {
  @ApiProperty({ example: 'segment' })
  @IsString()
  name!: string;

  @ApiProperty({ enum: FEATURE_TYPES })
  @IsIn(FEATURE_TYPES)
  type!: FeatureType;

  @ApiPropertyOptional({ ...ANY_VALUE, description: 'Served where there is no value' })
  @IsOptional()
  default?: unknown;

  @ApiPropertyOptional({ description: 'Of an embedding' })
  @MayBeAbsent()
  @IsInt()
  dimensions?: number;

  @ApiPropertyOptional()
  @MayBeAbsent()
  @IsString()
  description?: string;
}

export class FreshnessForm {
  @ApiProperty({ example: '15m' })
  @IsString()
  target!: string;
}

export class FeatureGroupForm extends MetadataForm {
  @ApiProperty({ enum: ['FeatureGroup'] })
  kind!: 'FeatureGroup';

  @ApiProperty({ example: 'airport_departures' })
  @IsString()
  name!: string;

  @ApiProperty({ example: 'airport' })
  @IsString()
  entity!: string;

  @ApiProperty({ example: 'departures' })
  @IsString()
  source!: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Join key to field of the source; absent where the names are the same',
    example: { airport: 'origin' },
  })
  @MayBeAbsent()
  @IsTextMap()
  keys?: Record<string, string>;

  @ApiPropertyOptional({ description: 'CEL: only events for which this holds', example: 'distance > 0' })
  @MayBeAbsent()
  @IsString()
  where?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'CEL per event; a later column may use an earlier one',
    example: { late: 'delay > 15 ? 1 : 0' },
  })
  @MayBeAbsent()
  @IsTextMap()
  derive?: Record<string, string>;

  @ApiPropertyOptional({ type: [AggregationForm] })
  @MayBeAbsent()
  @IsArray()
  @IsNoList({ each: true })
  @ValidateNested({ each: true })
  @Type(() => AggregationForm)
  aggregations?: AggregationForm[];

  @ApiPropertyOptional({ type: [DeclaredFeatureForm], description: 'Pushed or loaded, not aggregated' })
  @MayBeAbsent()
  @IsArray()
  @IsNoList({ each: true })
  @ValidateNested({ each: true })
  @Type(() => DeclaredFeatureForm)
  features?: DeclaredFeatureForm[];

  @ApiPropertyOptional({ example: '7d' })
  @MayBeAbsent()
  @IsString()
  ttl?: string;

  @ApiPropertyOptional({ type: FreshnessForm })
  @MayBeAbsent()
  @IsObject()
  @ValidateNested()
  @Type(() => FreshnessForm)
  freshness?: FreshnessForm;

  @ApiPropertyOptional({ default: 128, description: 'Tiles before the oldest merge' })
  @MayBeAbsent()
  @IsInt()
  budget?: number;

  @ApiPropertyOptional({
    default: 1 / 64,
    description: 'Longest span of a merged tile, as a part of its window',
  })
  @MayBeAbsent()
  @IsNumber()
  resolution?: number;
}

export class DerivedFeatureForm {
  @ApiProperty({ example: 'purchase_frequency_score' })
  @IsString()
  name!: string;

  @ApiProperty({ enum: FEATURE_TYPES })
  @IsIn(FEATURE_TYPES)
  type!: FeatureType;

  @ApiProperty({ description: 'CEL', example: 'clip(purchase_count_30d / 30.0, 0.0, 1.0)' })
  @IsString()
  expression!: string;

  @ApiPropertyOptional({ ...ANY_VALUE, description: 'Served where there is no value' })
  @IsOptional()
  default?: unknown;
}

export class DerivedFeatureGroupForm extends MetadataForm {
  @ApiProperty({ enum: ['DerivedFeatureGroup'] })
  kind!: 'DerivedFeatureGroup';

  @ApiProperty({ example: 'customer_derived' })
  @IsString()
  name!: string;

  @ApiProperty({ type: [String], example: ['customer_stats'] })
  @IsArray()
  @IsString({ each: true })
  inputs!: string[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string', enum: [...FEATURE_TYPES] },
    example: { amount: 'float' },
  })
  @MayBeAbsent()
  @IsFeatureTypes()
  requestFields?: Record<string, FeatureType>;

  @ApiProperty({ type: [DerivedFeatureForm] })
  @IsArray()
  @ArrayNotEmpty()
  @IsNoList({ each: true })
  @ValidateNested({ each: true })
  @Type(() => DerivedFeatureForm)
  features!: DerivedFeatureForm[];
}

export class VariantForm {
  @ApiProperty({ example: 'control' })
  @IsString()
  name!: string;

  @ApiProperty({
    description: 'The share of the entities that it gets, relative to those of the others; 0 gets none',
    minimum: 0,
    example: 90,
  })
  @IsNumber()
  weight!: number;

  @ApiPropertyOptional({ type: [String], description: 'What it serves; absent: what the service does' })
  @MayBeAbsent()
  @IsArray()
  @ArrayNotEmpty()
  @IsString({ each: true })
  features?: string[];
}

export class FeatureServiceForm extends MetadataForm {
  @ApiProperty({ enum: ['FeatureService'] })
  kind!: 'FeatureService';

  @ApiProperty({ example: 'fraud_detection' })
  @IsString()
  name!: string;

  @ApiProperty({
    type: [String],
    description: '`group`, `group@version`, `group:feature` or `group@version:feature`',
    example: ['customer_stats', 'transaction_stats@2', 'customer_profile:segment'],
  })
  @IsArray()
  @ArrayNotEmpty()
  @IsString({ each: true })
  features!: string[];

  @ApiPropertyOptional({
    description: 'The entity that decides over variants; may be left out where the features belong to one',
    example: 'customer',
  })
  @MayBeAbsent()
  @IsString()
  by?: string;

  @ApiPropertyOptional({
    type: [VariantForm],
    description: 'Entities are split over these by weight, each for good',
  })
  @MayBeAbsent()
  @IsArray()
  @ArrayNotEmpty()
  @IsNoList({ each: true })
  @ValidateNested({ each: true })
  @Type(() => VariantForm)
  variants?: VariantForm[];
}

export const FORM_OF_KIND = {
  Entity: EntityForm,
  Source: SourceForm,
  FeatureGroup: FeatureGroupForm,
  DerivedFeatureGroup: DerivedFeatureGroupForm,
  FeatureService: FeatureServiceForm,
} as const satisfies Record<DefinitionKind, unknown>;
