import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn, NONE } from '../../columns/common-columns.ts'
import type { Cause } from '../../errors.ts'
import { forbiddenField, notSupported, required, tooLong } from '../../errors.ts'
import type { Kind } from '../../kind.ts'
import { validateDomainPrefixedPath } from '../../names/domains.ts'
import { nameIsDnsLabel, nameIsDnsSubdomain } from '../../names/object-names.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { IngressClass as IngressClassObject, IngressClassParametersReference } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { validateImmutable } from '../validation/immutability.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '../validation/object-meta.ts'
import { validateLocalReference } from './validate-local-reference.ts'

export type IngressClass = IngressClassObject

const CONTROLLER_LENGTH_MAX = 250
const SCOPES: readonly string[] = ['Cluster', 'Namespace']

export const IngressClass: Kind<IngressClass> = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  singular: 'ingressclass',
  namespaced: false,
  schema: () => builtinSchema('io.k8s.api.networking.v1.IngressClass'),

  default: defaultClass,
  validate,
  columns: [
    nameColumn(),
    {
      name: 'Controller',
      type: 'string',
      description: 'Controller that is responsible for handling this class',
      cell: ({ spec }) => spec.controller ?? '',
    },
    {
      name: 'Parameters',
      type: 'string',
      description: 'A reference to a resource with additional parameters',
      cell: ({ spec }) => printParameters(spec.parameters),
    },
    ageColumn(),
  ],
}

/** pkg/apis/networking/v1/defaults.go SetDefaults_IngressClass. */
function defaultClass(ingressClass: IngressClass): IngressClass {
  const { spec } = ingressClass
  const { parameters } = spec
  return changed(ingressClass, {
    spec: changed(spec, {
      parameters: parameters && changed(parameters, { scope: parameters.scope ?? 'Cluster' }),
    }),
  })
}

/** pkg/apis/networking/validation/validation.go ValidateIngressClass and ValidateIngressClassUpdate. */
function* validate({ metadata, spec }: IngressClass, old?: IngressClass): Generator<Cause> {
  const { controller = '', parameters } = spec
  if (old === undefined) yield* validateObjectMeta(metadata, { namespaced: false, name: nameIsDnsSubdomain })
  else {
    yield* validateObjectMetaUpdate(metadata, old.metadata)
    yield* validateImmutable(controller, old.spec.controller ?? '', 'spec.controller')
  }
  if (controller.length > CONTROLLER_LENGTH_MAX) yield tooLong('spec.controller', CONTROLLER_LENGTH_MAX)
  yield* validateDomainPrefixedPath(controller, 'spec.controller')
  if (parameters !== undefined) yield* validateParameters(parameters, 'spec.parameters')
}

function* validateParameters(parameters: IngressClassParametersReference, field: string): Generator<Cause> {
  yield* validateLocalReference(parameters, field)
  const { scope, namespace } = parameters
  const place = `${field}.namespace`
  if (scope === undefined) yield required(`${field}.scope`, '')
  else if (!SCOPES.includes(scope)) yield notSupported(`${field}.scope`, scope, SCOPES)
  else if (scope === 'Cluster') {
    if (namespace !== undefined) yield forbiddenField(place, "`parameters.scope` is set to 'Cluster'")
  } else if (namespace === undefined) yield required(place, "`parameters.scope` is set to 'Namespace'")
  else yield* invalidFor(place, namespace, nameIsDnsLabel(namespace))
}

function printParameters(parameters: IngressClassParametersReference | undefined): string {
  if (parameters === undefined) return NONE
  const { apiGroup, kind, name } = parameters
  return apiGroup === undefined ? `${kind}/${name}` : `${kind}.${apiGroup}/${name}`
}
