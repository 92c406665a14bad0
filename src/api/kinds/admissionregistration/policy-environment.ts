import type { Environment, StructProvider } from '../../cel/declarations.ts'
import { KUBERNETES_ENVIRONMENT } from '../../cel/kubernetes.ts'
import { AUTHORIZER, RESOURCE_CHECK } from '../../cel/library/authorizer.ts'
import { compile, CompileError, type Program, ProgramError } from '../../cel/program.ts'
import {
  BOOL,
  type CelType,
  DYN,
  INT,
  isSameType,
  listType,
  mapType,
  parameterOf,
  STRING,
  structType,
  TIMESTAMP,
} from '../../cel/types.ts'

/** What expressions of webhooks and policies may speak of: k8s.io/apiserver pkg/admission/plugin/cel/compile.go. */

export interface PolicyVariables {
  readonly hasParams: boolean
  readonly hasAuthorizer: boolean
  /** The variables of the policy itself by name; absent where an expression may have none. */
  readonly composed?: ReadonlyMap<string, CelType>
}

const STRINGS = listType(STRING)
const STRING_MAP = mapType(STRING, STRING)
const COMPOSED_TYPE = 'kubernetes.variables'

const GROUP_VERSION_KIND = structType('kubernetes.GroupVersionKind')
const GROUP_VERSION_RESOURCE = structType('kubernetes.GroupVersionResource')

const STRUCTS: Readonly<Record<string, Readonly<Record<string, CelType>>>> = {
  'kubernetes.GroupVersionKind': { group: STRING, version: STRING, kind: STRING },
  'kubernetes.GroupVersionResource': { group: STRING, version: STRING, resource: STRING },
  'kubernetes.UserInfo': { username: STRING, uid: STRING, groups: STRINGS, extra: mapType(STRING, STRINGS) },
  'kubernetes.AdmissionRequest': {
    kind: GROUP_VERSION_KIND,
    resource: GROUP_VERSION_RESOURCE,
    subResource: STRING,
    requestKind: GROUP_VERSION_KIND,
    requestResource: GROUP_VERSION_RESOURCE,
    requestSubResource: STRING,
    name: STRING,
    namespace: STRING,
    operation: STRING,
    userInfo: structType('kubernetes.UserInfo'),
    dryRun: BOOL,
    options: DYN,
  },
  'kubernetes.NamespaceSpec': { finalizers: STRINGS },
  'kubernetes.NamespaceCondition': {
    status: STRING,
    type: STRING,
    lastTransitionTime: TIMESTAMP,
    message: STRING,
    reason: STRING,
  },
  'kubernetes.NamespaceStatus': { conditions: listType(structType('kubernetes.NamespaceCondition')), phase: STRING },
  'kubernetes.NamespaceMetadata': {
    name: STRING,
    generateName: STRING,
    namespace: STRING,
    labels: STRING_MAP,
    annotations: STRING_MAP,
    UID: STRING,
    creationTimestamp: TIMESTAMP,
    deletionGracePeriodSeconds: INT,
    deletionTimestamp: TIMESTAMP,
    generation: INT,
    resourceVersion: STRING,
    finalizers: STRINGS,
  },
  'kubernetes.Namespace': {
    metadata: structType('kubernetes.NamespaceMetadata'),
    spec: structType('kubernetes.NamespaceSpec'),
    status: structType('kubernetes.NamespaceStatus'),
  },
}

export function policyEnvironment({ hasParams, hasAuthorizer, composed }: PolicyVariables): Environment {
  const variables: Record<string, CelType> = {
    object: DYN,
    oldObject: DYN,
    namespaceObject: structType('kubernetes.Namespace'),
    request: structType('kubernetes.AdmissionRequest'),
    ...(hasParams ? { params: DYN } : {}),
    ...(hasAuthorizer ? { authorizer: AUTHORIZER, 'authorizer.requestResource': RESOURCE_CHECK } : {}),
    ...(composed === undefined ? {} : { variables: structType(COMPOSED_TYPE) }),
  }
  return KUBERNETES_ENVIRONMENT.withVariables(variables, structsWith(composed))
}

/** The program, or what is wrong with its source. `results` are the types that it may have; absent for any. */
export function compilePolicyExpression(
  source: string,
  environment: Environment,
  results?: readonly CelType[],
): { readonly program: Program } | { readonly problem: string } {
  try {
    const program = compile(source, environment)
    if (results === undefined || results.some((result) => isSameType(program.type, result))) return { program }
    const [first] = results.map(printTypeName)
    const wanted = results.length === 1 ? first : `one of [${results.map(printTypeName).join(' ')}]`
    return { problem: `must evaluate to ${wanted} but got ${printTypeName(program.type)}` }
  } catch (failure) {
    if (failure instanceof CompileError) return { problem: `compilation failed: ${failure.message}` }
    if (failure instanceof ProgramError) return { problem: `program instantiation failed: ${failure.message}` }
    throw failure
  }
}

/** The type under which others see a variable of a policy: structs are not told apart (composition.go). */
export function composedType(type: CelType): CelType {
  switch (type.kind) {
    case 'list':
      return listType(composedType(parameterOf(type, 0)))
    case 'map':
      return mapType(composedType(parameterOf(type, 0)), composedType(parameterOf(type, 1)))
    case 'bool':
    case 'bytes':
    case 'double':
    case 'duration':
    case 'int':
    case 'null':
    case 'string':
    case 'timestamp':
    case 'uint':
      return type
    default:
      return DYN
  }
}

function structsWith(composed: ReadonlyMap<string, CelType> = new Map()): StructProvider {
  return {
    fieldsOf(name) {
      if (name === COMPOSED_TYPE) return { fieldType: (field) => composed.get(field) }
      const fields = Object.hasOwn(STRUCTS, name) ? STRUCTS[name] : undefined
      if (fields === undefined) return undefined
      return { fieldType: (field) => (Object.hasOwn(fields, field) ? fields[field] : undefined) }
    },
  }
}

/** As Go prints a type by its own name, which for some types is not how the checker prints them. */
function printTypeName({ name, parameters }: CelType): string {
  return parameters.length === 0 ? name : `${name}(${parameters.map(printTypeName).join(', ')})`
}
