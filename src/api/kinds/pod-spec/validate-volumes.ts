import type { Cause } from '../../errors.ts'
import { duplicate, forbiddenField, invalidValue, required } from '../../errors.ts'
import { validateDns1123Label } from '../../names/dns.ts'
import { nameIsDnsSubdomain } from '../../names/object-names.ts'
import { QuantityError } from '../../quantity-parse.ts'
import { signOfQuantity } from '../../quantity.ts'
import type { Volume } from '../../types.generated.ts'
import { invalidFor } from '../validation/causes.ts'
import { readQuantity } from '../validation/resource-lists.ts'
import type { PodSpecPlace } from './pod-context.ts'
import { SOURCE_RULES } from './validate-volume-sources.ts'
import { unchecked } from '../validation/unchecked.ts'

export interface VolumeVerdict {
  /** By name; containers may mount only these. */
  readonly valid: ReadonlyMap<string, Volume>
  readonly causes: readonly Cause[]
}

/** pkg/apis/core/validation/validation.go ValidateVolumes. */
export function validateVolumes(
  volumes: readonly Volume[],
  { field, isPod, podName = '' }: PodSpecPlace,
): VolumeVerdict {
  const valid = new Map<string, Volume>()
  const causes: Cause[] = []
  const created = new Set<string>()
  if (podName !== '') {
    for (const { name, ephemeral } of volumes) if (ephemeral !== undefined) created.add(`${podName}-${name}`)
  }
  for (const [index, volume] of volumes.entries()) {
    const place = `${field}[${index}]`
    const found = [...validateSource(volume, place, { isPod, podName })]
    const { name = '' } = unchecked(volume)
    if (name === '') found.push(required(`${place}.name`, ''))
    else found.push(...invalidFor(`${place}.name`, name, validateDns1123Label(name)))
    if (valid.has(name)) found.push(duplicate(`${place}.name`, name))
    if (found.length === 0) valid.set(name, volume)
    causes.push(...found)
    const claimName = volume.persistentVolumeClaim?.claimName ?? ''
    if (created.has(claimName)) {
      const rule = 'must not reference a PVC that gets created for an ephemeral volume'
      causes.push(invalidValue(`${place}.persistentVolumeClaim.claimName`, claimName, rule))
    }
  }
  return { valid, causes }
}

function* validateSource(
  volume: Volume,
  field: string,
  { isPod, podName }: { isPod: boolean; podName: string },
): Generator<Cause> {
  let count = 0
  const { emptyDir, image, ephemeral, name = '' } = unchecked(volume)
  if (emptyDir !== undefined) {
    count++
    const { sizeLimit } = emptyDir
    const size = sizeLimit === undefined ? undefined : readQuantity(sizeLimit)
    if (size instanceof QuantityError || (size !== undefined && signOfQuantity(size) < 0)) {
      yield forbiddenField(`${field}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity')
    }
  }
  for (const rule of SOURCE_RULES) {
    const source = volume[rule.name]
    if (source === undefined) continue
    if (++count > 1) {
      yield forbiddenField(`${field}.${rule.forbiddenAs ?? rule.name}`, 'may not specify more than 1 volume type')
    } else yield* rule.validate(volume, `${field}.${rule.validatedAs ?? rule.name}`)
  }
  if (ephemeral !== undefined && podName !== '' && name !== '') {
    const claim = `${podName}-${name}`
    for (const problem of nameIsDnsSubdomain(claim)) {
      yield invalidValue(`${field}.name`, name, `PVC name "${claim}": ${problem}`)
    }
  }
  if (image !== undefined && isPod && (image.reference ?? '') === '') yield required(`${field}.image.reference`, '')
  if (count === 0) yield required(field, 'must specify a volume type')
}
