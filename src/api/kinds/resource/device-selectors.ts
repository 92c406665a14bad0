import type { Range } from '../../cel/cost.ts'
import type { StructProvider } from '../../cel/declarations.ts'
import { CALL_COST_MAX, KUBERNETES_ENVIRONMENT } from '../../cel/kubernetes.ts'
import { BINDING_LIBRARY } from '../../cel/library/bindings.ts'
import { compile, CompileError, type Program, ProgramError } from '../../cel/program.ts'
import { ANY, BOOL, type CelType, isSameType, mapType, printType, STRING, structType } from '../../cel/types.ts'
import type { Cause } from '../../errors.ts'
import { forbiddenField, invalidValue, required, tooLong } from '../../errors.ts'
import type { DeviceSelector } from '../../types.generated.ts'
import { unchecked } from '../validation/unchecked.ts'
import { validateList } from './bounded-lists.ts'

/** Expressions that choose devices: k8s.io/dynamic-resource-allocation cel/compile.go. */

const SELECTOR_COUNT_MAX = 32
const EXPRESSION_MAX_BYTES = 10 * 1024

const DEVICE_TYPE = 'kubernetes.DRADevice'
const DEVICE_FIELDS: ReadonlyMap<string, CelType> = new Map([
  ['driver', STRING],
  ['attributes', mapType(STRING, mapType(STRING, ANY))],
  ['capacity', mapType(STRING, mapType(STRING, structType('kubernetes.Quantity')))],
  ['allowMultipleAllocations', BOOL],
])

/** How long names and values of devices can be, and how many a device has. */
const DRIVER_SIZE_MAX = 63
const DOMAIN_SIZE_MAX = 63
const IDENTIFIER_SIZE_MAX = 32
const VALUE_SIZE_MAX = 64
const NAME_COUNT_MAX = 32

const STRUCTS: StructProvider = {
  fieldsOf: (name) => (name === DEVICE_TYPE ? { fieldType: (field) => DEVICE_FIELDS.get(field) } : undefined),
}

const ENVIRONMENT = KUBERNETES_ENVIRONMENT.withLibraries([BINDING_LIBRARY]).withVariables(
  { device: structType(DEVICE_TYPE) },
  STRUCTS,
)

/** pkg/apis/resource/validation/validation.go validateSelectorSlice. */
export function validateDeviceSelectors(selectors: readonly DeviceSelector[], field: string): Iterable<Cause> {
  return validateList(selectors, field, { countMax: SELECTOR_COUNT_MAX }, validateSelector)
}

function* validateSelector({ cel }: DeviceSelector, parent: string): Generator<Cause> {
  if (cel === undefined) {
    yield required(`${parent}.cel`, '')
    return
  }
  const { expression = '' } = unchecked(cel)
  const field = `${parent}.cel.expression`
  if (Buffer.byteLength(expression) > EXPRESSION_MAX_BYTES) {
    yield tooLong(field, EXPRESSION_MAX_BYTES)
    return
  }
  const compiled = compileSelector(expression)
  if (typeof compiled === 'string') yield invalidValue(field, expression, compiled)
  else if (compiled.estimate(sizeAt).max > CALL_COST_MAX) {
    yield forbiddenField(field, 'too complex, exceeds cost limit')
  }
}

/** The program, or what is wrong with its source. */
function compileSelector(source: string): Program | string {
  try {
    const program = compile(source, ENVIRONMENT)
    if (isSameType(program.type, BOOL) || isSameType(program.type, ANY)) return program
    return `must evaluate to bool or the unknown type, not ${printType(program.type)}`
  } catch (failure) {
    if (failure instanceof CompileError) return `compilation failed: ${failure.message}`
    if (failure instanceof ProgramError) return `program instantiation failed: ${failure.message}`
    throw failure
  }
}

/** The size of what stands at a path such as `device`, `attributes`, `@values`, `@keys`. */
function sizeAt([root, field, ...rest]: readonly string[]): Range | undefined {
  if (root !== 'device' || field === undefined) return undefined
  if (field === 'driver') return { min: 0, max: DRIVER_SIZE_MAX }
  if (field !== 'attributes' && field !== 'capacity') return undefined
  const [outer, inner] = rest
  if (outer === undefined) return { min: 0, max: NAME_COUNT_MAX }
  if (outer === '@keys') return { min: 0, max: DOMAIN_SIZE_MAX }
  if (inner === undefined) return { min: 0, max: NAME_COUNT_MAX }
  if (inner === '@keys') return { min: 0, max: IDENTIFIER_SIZE_MAX }
  return field === 'attributes' ? { min: 0, max: VALUE_SIZE_MAX } : undefined
}
