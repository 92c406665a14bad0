import { referenceTo, type OpenApiVersion } from './definition.ts'
import type { Operation } from './operations.ts'
import type { Parameter } from './parameters.ts'

const CODES = { 200: 'OK', 201: 'Created', 202: 'Accepted', 401: 'Unauthorized' } as const

/** The `paths` of a document. */
export function publishPaths(operations: readonly Operation[], version: OpenApiVersion): Record<string, object> {
  const byPath = Map.groupBy(operations, ({ path }) => path)
  const paths = [...byPath].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(paths.map(([path, of]) => [path, publishPath(of, version)]))
}

/** What all methods of a path take stands beside them, not in each. */
function publishPath(operations: readonly Operation[], version: OpenApiVersion): object {
  const common = commonParameters(operations)
  const names = new Set(common.map(keyOf))
  const methods = operations.map((operation) => {
    const own = operation.parameters.filter((parameter) => !names.has(keyOf(parameter)))
    return [operation.method, publishOperation({ ...operation, parameters: own }, version)] as const
  })
  return {
    ...Object.fromEntries(methods),
    ...(common.length === 0 ? {} : { parameters: publishParameters(common, version) }),
  }
}

function commonParameters([first, ...others]: readonly Operation[]): readonly Parameter[] {
  const sets = others.map(({ parameters }) => new Set(parameters.map(keyOf)))
  return (first?.parameters ?? []).filter((parameter) => sets.every((set) => set.has(keyOf(parameter))))
}

function keyOf({ in: place, name, type }: Parameter): string {
  return `${place}/${name}/${type}`
}

function publishOperation(operation: Operation, version: OpenApiVersion): object {
  const { id, about, action, tag } = operation
  const shared = {
    operationId: id,
    tags: [tag],
    ...(action === undefined ? {} : { 'x-kubernetes-action': action }),
    ...(about === undefined ? {} : { 'x-kubernetes-group-version-kind': about }),
  }
  return { ...shared, ...(version === 2 ? publishV2(operation) : publishV3(operation)) }
}

function publishV2({ answer, body, bodyRequired, codes, consumes, parameters, produces }: Operation): object {
  const schema = body === undefined ? undefined : { $ref: referenceTo(body, 2) }
  const required = bodyRequired === true ? { required: true } : {}
  const takes = [
    ...(schema === undefined ? [] : [{ in: 'body', name: 'body', ...required, schema }]),
    ...publishParameters(parameters, 2),
  ]
  const answers = codes.map((code) => [code, { description: CODES[code], schema: answerSchema(answer, 2) }] as const)
  return {
    consumes,
    produces,
    schemes: ['https'],
    ...(takes.length === 0 ? {} : { parameters: takes }),
    responses: { ...Object.fromEntries(answers), 401: { description: CODES[401] } },
  }
}

function publishV3({ answer, body, bodyRequired, codes, consumes, parameters, produces }: Operation): object {
  const takes = publishParameters(parameters, 3)
  const schema = answerSchema(answer, 3)
  const content = Object.fromEntries(produces.toSorted().map((type) => [type, { schema }]))
  const answers = codes.map((code) => [code, { description: CODES[code], content }] as const)
  const request = body === undefined ? undefined : { schema: { $ref: referenceTo(body, 3) } }
  return {
    ...(takes.length === 0 ? {} : { parameters: takes }),
    ...(request === undefined
      ? {}
      : {
          requestBody: {
            content: Object.fromEntries(consumes.toSorted().map((type) => [type, request])),
            ...(bodyRequired === true ? { required: true } : {}),
          },
        }),
    responses: { ...Object.fromEntries(answers), 401: { description: CODES[401] } },
  }
}

function answerSchema(answer: string, version: OpenApiVersion): object {
  return answer === 'string' ? { type: 'string' } : { $ref: referenceTo(answer, version) }
}

function publishParameters(parameters: readonly Parameter[], version: OpenApiVersion): object[] {
  const sorted = parameters.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return sorted.map(({ type, ...rest }) => {
    const value = { type, uniqueItems: true }
    return version === 2 ? { ...rest, ...value } : { ...rest, schema: value }
  })
}
