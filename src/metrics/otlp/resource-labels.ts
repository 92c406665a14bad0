import type { ConfigOf } from '../config/schema.ts'
import type { OTLP_CONFIG } from '../config/other-sections.ts'
import { TRANSLATION_STRATEGIES } from '../config/other-sections.ts'
import { LabelBuilder } from '../model/label-builder.ts'
import { Labels, METRIC_NAME } from '../model/labels.ts'
import { compareText } from '../../base/compare-text.ts'
import { labelName, type NamingOptions, type TranslationStrategy } from './otlp-names.ts'
import type { AnyValue, KeyValue, ScopeMetrics } from './otlp-model.ts'

export type OtlpConfig = ConfigOf<typeof OTLP_CONFIG>

const SERVICE_NAME = 'service.name'
const SERVICE_NAMESPACE = 'service.namespace'
const SERVICE_INSTANCE = 'service.instance.id'
const IDENTIFYING: ReadonlySet<string> = new Set([SERVICE_NAME, SERVICE_NAMESPACE, SERVICE_INSTANCE])

export function strategyOf({ translation_strategy: given }: OtlpConfig): TranslationStrategy {
  return TRANSLATION_STRATEGIES.find((each) => each === given) ?? TRANSLATION_STRATEGIES[0]
}

/** Labels that all series of a resource have, and of a scope in it. */
export class ResourceLabels {
  readonly #attributes: readonly KeyValue[]
  readonly #config: OtlpConfig
  readonly #naming: NamingOptions
  /** Attributes that are labels of every series. */
  readonly #promoted: Labels
  readonly #identity: readonly (readonly [string, string])[]
  readonly #scope: readonly (readonly [string, string])[]

  constructor(attributes: readonly KeyValue[], config: OtlpConfig, scope: readonly (readonly [string, string])[] = []) {
    this.#attributes = attributes
    this.#config = config
    this.#naming = {
      strategy: strategyOf(config),
      sanitizesUnderscores: config.label_name_underscore_sanitization,
      keepsUnderscores: config.label_name_preserve_multiple_underscores,
    }
    this.#scope = scope
    const { promote_all_resource_attributes: all, promote_resource_attributes: some } = config
    const ignored = config.ignore_resource_attributes
    const promoted = attributes.filter(({ key = '' }) => (all ? !ignored.includes(key) : some.includes(key)))
    this.#promoted = this.#labelsOf(promoted)
    const value = (name: string): string => textOf(attributes.find(({ key }) => key === name)?.value)
    const service = value(SERVICE_NAME)
    const job = [value(SERVICE_NAMESPACE), service].filter((part) => part !== '').join('/')
    this.#identity = [
      ...(service === '' ? [] : [['job', job] as const]),
      ...(value(SERVICE_INSTANCE) === '' ? [] : [['instance', value(SERVICE_INSTANCE)] as const]),
    ]
  }

  inScope({ scope = {}, schemaUrl = '' }: ScopeMetrics): ResourceLabels {
    if (!this.#config.promote_scope_metadata || (scope.name ?? '') === '') return this
    const attributes = (scope.attributes ?? []).map(
      ({ key = '', value }) => [labelName(`otel_scope_${key}`, this.#naming), textOf(value)] as const,
    )
    return new ResourceLabels(this.#attributes, this.#config, [
      ...attributes,
      ['otel_scope_name', scope.name ?? ''],
      ['otel_scope_version', scope.version ?? ''],
      ['otel_scope_schema_url', schemaUrl],
    ])
  }

  /** Labels of a data point, without the name of the metric. */
  complete(attributes: readonly KeyValue[]): Labels {
    const builder = new LabelBuilder(this.#labelsOf(attributes))
    for (const [name, value] of this.#promoted) if (builder.get(name) === '') builder.set(name, value)
    for (const [name, value] of [...this.#identity, ...this.#scope]) builder.set(name, value)
    return builder.build()
  }

  /** Labels of `target_info`: what else the resource says. Undefined when it says nothing, or cannot be told apart. */
  targetInfo(): Labels | undefined {
    const others = this.#attributes.filter(({ key = '' }) => !IDENTIFYING.has(key))
    if (others.length === 0 || this.#identity.length === 0) return undefined
    const told = this.#config.keep_identifying_resource_attributes ? this.#attributes : others
    const builder = new LabelBuilder(this.#labelsOf(told))
    for (const [name, value] of this.#identity) builder.set(name, value)
    builder.set(METRIC_NAME, 'target_info')
    return builder.build()
  }

  /** Attributes that become one name are joined, in the order of their own names. */
  #labelsOf(attributes: readonly KeyValue[]): Labels {
    const builder = new LabelBuilder(Labels.empty)
    for (const { key = '', value } of attributes.toSorted((a, b) => compareText(a.key ?? '', b.key ?? ''))) {
      const name = labelName(key, this.#naming)
      const present = builder.get(name)
      if (name !== '') builder.set(name, present === '' ? textOf(value) : `${present};${textOf(value)}`)
    }
    return builder.build()
  }
}

/** An attribute's value as a label's: texts as they are, lists and maps as JSON. */
export function textOf(value: AnyValue | undefined): string {
  const plain = plainOf(value)
  if (typeof plain === 'string') return plain
  return plain === undefined ? '' : JSON.stringify(plain)
}

function plainOf(value: AnyValue | undefined): unknown {
  if (value === undefined) return undefined
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plainOf)
  if (value.kvlistValue !== undefined) {
    return Object.fromEntries((value.kvlistValue.values ?? []).map(({ key = '', value: each }) => [key, plainOf(each)]))
  }
  const { intValue } = value
  const whole = intValue === undefined ? undefined : Number(intValue)
  return value.stringValue ?? value.boolValue ?? whole ?? value.doubleValue ?? value.bytesValue
}
