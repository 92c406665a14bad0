/** Which OpenAPI a document is written in: 2 (`/openapi/v2`) or 3 (`/openapi/v3`). */
export type OpenApiVersion = 2 | 3

/**
 * What definitions and fields are for: `io.k8s.api.core.v1.Pod` and `io.k8s.api.core.v1.Pod.spec` → text. They are made
 * by `npm run generate`; documents are complete without them, only `kubectl explain` has less to say.
 */
export type Descriptions = Readonly<Record<string, string>>

/** The text of `generated/descriptions.json`. */
export function parseDescriptions(text: string): Descriptions {
  return JSON.parse(text) as Descriptions
}

/** A definition as a document publishes it, and the definitions that it refers to. */
export interface PublishedDefinition {
  readonly body: object
  readonly refers: readonly string[]
}

export function referenceTo(definition: string, version: OpenApiVersion): string {
  return version === 2 ? `#/definitions/${definition}` : `#/components/schemas/${definition}`
}

/** OpenAPI 3 allows nothing beside a `$ref`; OpenAPI 2 as Kubernetes writes it does. */
export function reference(definition: string, version: OpenApiVersion, beside: object = {}): object {
  const $ref = referenceTo(definition, version)
  if (version === 2 || Object.keys(beside).length === 0) return { $ref, ...beside }
  return { allOf: [{ $ref }], ...beside }
}
