import { isCollection, LineCounter, parseDocument, type Document } from 'yaml'
import { UserError } from '../../../base/user-error.ts'
import { validateDns1123Label } from '../../names/dns.ts'
import { validateLabelValue, validateQualifiedName } from '../../names/labels.ts'
import { QuantityError, quantityOfJson } from '../../quantity-parse.ts'
import { printQuantity, signOfQuantity } from '../../quantity.ts'
import type { Taint } from '../../types.generated.ts'
import { DEFAULT_CAPACITY, type NodeProfile, type Price } from './node-profile.ts'

/** More nodes than any control plane that we know of serves. */
const NODES_MAX = 20_000
/** A node's name is a label value too: the prefix leaves room for `-20000`. */
const PREFIX_LENGTH_MAX = 56
const EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']
const ARCHITECTURES = ['amd64', 'arm64']

/** Labels that a profile's own fields decide. */
const DECIDED_LABELS: Readonly<Record<string, string>> = {
  'kubernetes.io/hostname': 'name',
  'kubernetes.io/arch': 'architecture',
  'beta.kubernetes.io/arch': 'architecture',
  'node.kubernetes.io/instance-type': 'instanceType',
  'topology.kubernetes.io/region': 'region',
  'topology.kubernetes.io/zone': 'zones',
}

type Path = readonly (string | number)[]
type Fields = Readonly<Record<string, unknown>>

/** Reads a nodes file: a YAML list of node profiles. `file` is its name in messages. Throws DABBA_NODE_PROFILE. */
export function parseNodeProfiles(text: string, file: string): NodeProfile[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [syntax] = document.errors
  if (syntax !== undefined) {
    throw nodeProfileError(`${file}:${lines.linePos(syntax.pos[0]).line}: ${syntax.message}`)
  }
  const found: { readonly path: Path; readonly problem: string }[] = []
  const profiles = readProfiles(document.toJS(), (path, problem) => found.push({ path, problem }))
  const [first] = found
  if (first !== undefined) {
    const line = lines.linePos(offsetOf(document, first.path)).line
    const more = found.length === 1 ? '' : ` (and ${found.length - 1} more)`
    throw nodeProfileError(`${file}:${line}: ${printPath(first.path)}${first.problem}${more}`)
  }
  return profiles
}

function nodeProfileError(message: string): UserError {
  return new UserError('DABBA_NODE_PROFILE', {
    message,
    hint: 'A nodes file is a YAML list such as: [{ name: general, count: 3, capacity: { cpu: 16, memory: 64Gi } }]',
  })
}

/** Where the value at `path` stands in the text; for a key that is missing, where its parent stands. */
function offsetOf(document: Document.Parsed, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const part = path.slice(0, length)
    const parent = document.getIn(part.slice(0, -1), true) ?? document.contents
    const key = part.at(-1)
    const pair =
      isCollection(parent) && 'items' in parent ? parent.items.find((item) => keyOf(item) === key) : undefined
    const node = keyNodeOf(pair) ?? document.getIn(part, true)
    const start = rangeStart(node)
    if (start !== undefined) return start
  }
  return rangeStart(document.contents) ?? 0
}

function keyNodeOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null && 'key' in item ? item.key : undefined
}

function keyOf(item: unknown): unknown {
  const key = keyNodeOf(item)
  return typeof key === 'object' && key !== null && 'value' in key ? key.value : undefined
}

function rangeStart(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) return undefined
  const [start]: unknown[] = node.range
  return typeof start === 'number' ? start : undefined
}

function printPath(path: Path): string {
  const text = path.reduce<string>(
    (before, part) => (typeof part === 'number' ? `${before}[${part}]` : `${before}.${part}`),
    '',
  )
  return text === '' ? '' : `${text.replace(/^\./, '')}: `
}

type Report = (path: Path, problem: string) => void

function readProfiles(value: unknown, report: Report): NodeProfile[] {
  if (!Array.isArray(value) || value.length === 0) {
    report([], 'must be a list of node profiles')
    return []
  }
  const names = new Set<string>()
  let nodes = 0
  return value.map((item: unknown, index) => {
    const profile = new ProfileReader(item, [index], report).read()
    if (names.has(profile.name)) report([index, 'name'], `"${profile.name}" is the name of an earlier profile`)
    names.add(profile.name)
    nodes += profile.count
    if (nodes > NODES_MAX) report([index, 'count'], `makes more than ${NODES_MAX} nodes in all`)
    return profile
  })
}

/** Reads one profile. Each method reads one field, reports what is wrong with it, and gives a value to go on with. */
class ProfileReader {
  readonly #fields: Fields
  readonly #path: Path
  readonly #reportAt: Report

  constructor(value: unknown, path: Path, report: Report) {
    this.#path = path
    this.#reportAt = report
    this.#fields = isFields(value) ? value : {}
    if (!isFields(value)) report(path, 'must be a mapping with name, count, capacity, ...')
  }

  read(): NodeProfile {
    const region = this.#labelValue('region')
    const instanceType = this.#labelValue('instanceType')
    const pricePerHour = this.#price()
    const profile: NodeProfile = {
      name: this.#name(),
      count: this.#count(),
      capacity: this.#capacity(),
      zones: this.#zones(),
      architecture: this.#architecture(),
      labels: this.#labels(),
      taints: this.#taints(),
      cachedImages: this.#texts('cachedImages'),
      ...(region === undefined ? {} : { region }),
      ...(instanceType === undefined ? {} : { instanceType }),
      ...(pricePerHour === undefined ? {} : { pricePerHour }),
    }
    this.#refuseOthers(this.#fields, [...Object.keys(profile), 'region', 'instanceType', 'pricePerHour'], [])
    return profile
  }

  #report(path: Path, problem: string): void {
    this.#reportAt([...this.#path, ...path], problem)
  }

  #refuseOthers(fields: Fields, known: readonly string[], path: Path): void {
    for (const key of Object.keys(fields)) {
      if (!known.includes(key))
        this.#report([...path, key], `is not a field; known are ${[...new Set(known)].join(', ')}`)
    }
  }

  #name(): string {
    const { name } = this.#fields
    if (name === undefined) this.#report(['name'], 'is missing')
    else if (typeof name !== 'string') this.#report(['name'], 'must be a string')
    else {
      for (const problem of validateDns1123Label(name)) this.#report(['name'], problem)
      if (name.length > PREFIX_LENGTH_MAX) this.#report(['name'], `must have at most ${PREFIX_LENGTH_MAX} characters`)
      return name
    }
    return ''
  }

  #count(): number {
    const { count = 1 } = this.#fields
    if (typeof count === 'number' && Number.isInteger(count) && count >= 0) return count
    this.#report(['count'], 'must be a whole number, 0 or more')
    return 0
  }

  #capacity(): Readonly<Record<string, string>> {
    const amounts = this.#mapping('capacity')
    const capacity: Record<string, string> = { ...DEFAULT_CAPACITY }
    for (const [resource, amount] of Object.entries(amounts)) {
      const path = ['capacity', resource]
      for (const problem of validateQualifiedName(resource)) this.#report(path, problem)
      if (!resource.includes('/') && !(resource in DEFAULT_CAPACITY) && !resource.startsWith('hugepages-')) {
        const known = Object.keys(DEFAULT_CAPACITY).join(', ')
        this.#report(
          path,
          `is not a resource; known are ${known}, hugepages-SIZE and names with a domain such as nvidia.com/gpu`,
        )
      }
      capacity[resource] = this.#quantity(amount, path)
    }
    return capacity
  }

  #quantity(value: unknown, path: Path): string {
    try {
      const quantity = quantityOfJson(value ?? '')
      if (signOfQuantity(quantity) < 0) this.#report(path, 'must not be negative')
      return printQuantity(quantity)
    } catch (error) {
      if (!(error instanceof QuantityError)) throw error
      this.#report(path, 'must be a quantity such as 16, 500m or 64Gi')
      return '0'
    }
  }

  #labelValue(field: string): string | undefined {
    const value = this.#fields[field]
    if (value === undefined) return undefined
    if (typeof value !== 'string') this.#report([field], 'must be a string')
    else {
      for (const problem of validateLabelValue(value)) this.#report([field], problem)
      return value
    }
    return undefined
  }

  #zones(): readonly string[] {
    const zones = this.#texts('zones')
    zones.forEach((zone, index) => {
      for (const problem of validateLabelValue(zone)) this.#report(['zones', index], problem)
    })
    return zones
  }

  #architecture(): NodeProfile['architecture'] {
    const { architecture = 'amd64' } = this.#fields
    if (architecture === 'amd64' || architecture === 'arm64') return architecture
    this.#report(['architecture'], `must be one of ${ARCHITECTURES.join(', ')}`)
    return 'amd64'
  }

  #labels(): Readonly<Record<string, string>> {
    const labels: Record<string, string> = {}
    for (const [key, value] of Object.entries(this.#mapping('labels'))) {
      const path = ['labels', key]
      const decidedBy = DECIDED_LABELS[key]
      if (decidedBy !== undefined) this.#report(path, `is set by the field ${decidedBy}`)
      for (const problem of validateQualifiedName(key)) this.#report(path, problem)
      if (typeof value !== 'string') this.#report(path, 'must be a string; quote it')
      else {
        for (const problem of validateLabelValue(value)) this.#report(path, problem)
        labels[key] = value
      }
    }
    return labels
  }

  #taints(): readonly Taint[] {
    return this.#list('taints').map((item, index): Taint => {
      const path: Path = ['taints', index]
      const { key, value, effect } = isFields(item) ? item : {}
      if (isFields(item)) this.#refuseOthers(item, ['key', 'value', 'effect'], path)
      else this.#report(path, 'must be a mapping with key, value and effect')
      if (typeof key !== 'string') this.#report([...path, 'key'], 'must be a string')
      else for (const problem of validateQualifiedName(key)) this.#report([...path, 'key'], problem)
      if (value !== undefined && typeof value !== 'string')
        this.#report([...path, 'value'], 'must be a string; quote it')
      else for (const problem of validateLabelValue(value ?? '')) this.#report([...path, 'value'], problem)
      if (typeof effect !== 'string' || !EFFECTS.includes(effect)) {
        this.#report([...path, 'effect'], `must be one of ${EFFECTS.join(', ')}`)
      }
      return { key: String(key), effect: String(effect), ...(typeof value === 'string' ? { value } : {}) }
    })
  }

  #price(): Price | undefined {
    const { pricePerHour } = this.#fields
    if (pricePerHour === undefined) return undefined
    const { amount, currency } = isFields(pricePerHour) ? pricePerHour : {}
    if (isFields(pricePerHour)) this.#refuseOthers(pricePerHour, ['amount', 'currency'], ['pricePerHour'])
    if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0) {
      this.#report(['pricePerHour'], 'needs an amount: a number, 0 or more')
    } else if (typeof currency !== 'string' || !/^[A-Z]{3}$/.test(currency)) {
      this.#report(['pricePerHour'], 'needs a currency: three capital letters such as INR')
    } else return { amount, currency }
    return undefined
  }

  #mapping(field: string): Fields {
    const value = this.#fields[field] ?? {}
    if (isFields(value)) return value
    this.#report([field], 'must be a mapping')
    return {}
  }

  #list(field: string): readonly unknown[] {
    const value = this.#fields[field] ?? []
    if (Array.isArray(value)) return value
    this.#report([field], 'must be a list')
    return []
  }

  #texts(field: string): readonly string[] {
    return this.#list(field).map((value, index) => {
      if (typeof value === 'string' && value !== '') return value
      this.#report([field, index], 'must be a string that is not empty')
      return ''
    })
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
