/** What upstream has behind switches that API servers leave off. */
export interface StructuralOptions {
  readonly allowNestedAdditionalProperties?: boolean
  readonly allowNestedXValidations?: boolean
  readonly allowValidationPropertiesWithAdditionalProperties?: boolean
}
