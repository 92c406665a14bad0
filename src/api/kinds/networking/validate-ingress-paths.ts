import type { Cause } from '../../errors.ts'
import { invalidValue, notSupported, required } from '../../errors.ts'
import { nameIsDns1035Label } from '../../names/object-names.ts'
import { validatePortName, validatePortNumber } from '../../names/words.ts'
import type {
  HTTPIngressPath,
  HTTPIngressRuleValue,
  IngressBackend,
  IngressServiceBackend,
} from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { type Unchecked, unchecked } from '../validation/unchecked.ts'
import { validateLocalReference } from './validate-local-reference.ts'

const PATH_TYPES: readonly string[] = ['Exact', 'ImplementationSpecific', 'Prefix']
const FORBIDDEN_SEQUENCES: readonly string[] = ['//', '/./', '/../', '%2f', '%2F']
const FORBIDDEN_SUFFIXES: readonly string[] = ['/..', '/.']

/** pkg/apis/networking/validation/validation.go validateHTTPIngressRuleValue. */
export function* validateHttpRule({ paths = [] }: Unchecked<HTTPIngressRuleValue>, field: string): Generator<Cause> {
  if (paths.length === 0) yield required(`${field}.paths`, '')
  for (const [index, path] of paths.entries()) yield* validatePath(path, `${field}.paths[${index}]`)
}

/** validateIngressBackend. */
export function* validateBackend({ resource, service }: IngressBackend, field: string): Generator<Cause> {
  if (resource !== undefined && service !== undefined) {
    yield invalidValue(field, '', 'cannot set both resource and service backends')
  } else if (resource !== undefined) yield* validateLocalReference(resource, `${field}.resource`)
  else if (service !== undefined) yield* validateService(service, field)
  else yield invalidValue(field, '', 'resource or service backend is required')
}

function* validatePath(
  { path = '', pathType, backend = {} }: Unchecked<HTTPIngressPath>,
  field: string,
): Generator<Cause> {
  const place = `${field}.path`
  if (pathType === undefined) {
    yield required(`${field}.pathType`, 'pathType must be specified')
    return
  }
  const isAbsolute = path.startsWith('/')
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!isAbsolute) yield invalidValue(place, path, 'must be an absolute path')
    for (const part of FORBIDDEN_SEQUENCES) {
      if (path.includes(part)) yield invalidValue(place, path, `must not contain '${part}'`)
    }
    for (const suffix of FORBIDDEN_SUFFIXES) {
      if (path.endsWith(suffix)) yield invalidValue(place, path, `cannot end with '${suffix}'`)
    }
  } else if (pathType === 'ImplementationSpecific') {
    if (path !== '' && !isAbsolute) yield invalidValue(place, path, 'must be an absolute path')
  } else yield notSupported(`${field}.pathType`, pathType, PATH_TYPES)
  yield* validateBackend(backend, `${field}.backend`)
}

function* validateService(service: IngressServiceBackend, field: string): Generator<Cause> {
  const { name = '', port = {} } = unchecked(service)
  const place = `${field}.service`
  if (name === '') yield required(`${place}.name`, '')
  else yield* invalidFor(`${place}.name`, name, nameIsDns1035Label(name))
  const { name: portName = '', number = 0 } = port
  if (portName !== '' && number !== 0) yield invalidValue(field, '', 'cannot set both port name & port number')
  else if (portName !== '') yield* invalidFor(`${place}.port.name`, portName, validatePortName(portName))
  else if (number !== 0) yield* invalidFor(`${place}.port.number`, number, validatePortNumber(number))
  else yield required(field, 'port name or number is required')
}
