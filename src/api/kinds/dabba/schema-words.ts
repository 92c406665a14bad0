import type { Schema, ValidationRule } from '../../schema/schema.ts'

/** The shapes of which our definitions are made. */

/** Bounds that keep the cost of the rules below what an API server accepts. */
export const LIST_ITEMS_MAX = 64
export const TEXT_LENGTH_MAX = 1024
export const DURATION_LENGTH_MAX = 32

const DURATION_PATTERN = '^([0-9]+([.][0-9]+)?(ns|us|µs|ms|s|m|h))+$'
export const QUANTITY = '[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?'

export function section(
  description: string,
  properties: Readonly<Record<string, Schema>>,
  rules: readonly ValidationRule[] = [],
): Schema {
  return {
    type: 'object',
    description,
    properties,
    ...(rules.length === 0 ? {} : { 'x-kubernetes-validations': rules }),
  }
}

export function list(items: Schema, options: { readonly description?: string; readonly minItems?: number }): Schema {
  return { type: 'array', ...options, maxItems: LIST_ITEMS_MAX, items, 'x-kubernetes-list-type': 'atomic' }
}

export function duration(description: string, positive = false): Schema {
  return {
    type: 'string',
    description: `${description} A Go duration, such as 90s or 1h30m.`,
    pattern: DURATION_PATTERN,
    maxLength: DURATION_LENGTH_MAX,
    ...(positive
      ? { 'x-kubernetes-validations': [{ rule: "duration(self) > duration('0s')", message: 'must be longer than 0s' }] }
      : {}),
  }
}

/** Without `type`: YAML reads `1` as a number, and both forms are quantities. */
export function quantity(description: string): Schema {
  return {
    description,
    pattern: `^${QUANTITY}$`,
    maxLength: DURATION_LENGTH_MAX,
    anyOf: [{ type: 'integer' }, { type: 'string' }],
    'x-kubernetes-int-or-string': true,
  }
}

export function text(description: string): Schema {
  return { type: 'string', description, maxLength: TEXT_LENGTH_MAX }
}

export function count(description: string, minimum: number): Schema {
  return { type: 'integer', format: 'int32', description, minimum }
}

export function percent(description: string): Schema {
  return { ...count(description, 0), maximum: 100 }
}

export function jitter(): Schema {
  return percent('Draws each duration evenly from this much below to this much above what is written. 0 when absent.')
}

export function exitCode(description: string): Schema {
  return { ...count(description, 0), maximum: 255 }
}

/** Of two durations, `later` must be greater than `earlier`; 0s when that is absent. */
export function after(later: string, earlier: string): ValidationRule {
  return {
    rule: `!has(self.${later}) || duration(self.${later}) > (has(self.${earlier}) ? duration(self.${earlier}) : duration('0s'))`,
    message: `${later} must be after ${earlier}`,
  }
}

export function notBefore(later: string, earlier: string): ValidationRule {
  return {
    rule: `!has(self.${later}) || !has(self.${earlier}) || duration(self.${later}) >= duration(self.${earlier})`,
    message: `${later} must not be before ${earlier}`,
  }
}
