/** What the metadata of an object says that its validation depends on. */
export interface Annotated {
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}
