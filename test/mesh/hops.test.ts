import { expect, test } from 'vitest'
import { SeededRandom } from '../../src/world/random.ts'
import { randomCall, randomMesh } from './random-mesh.ts'
import type { Told } from './two-drivers.ts'
import { twoHops } from './two-hops.ts'

/** `DABBA_HOP_CALLS=100000` asks for longer. */
const CALLS = Number(process.env['DABBA_HOP_CALLS'] ?? 2_000)
const CALLS_PER_MESH = 500

interface Recorded {
  readonly reporter: string
  readonly request: { readonly headers: readonly string[] }
  readonly sentHeaders: readonly string[]
  readonly responseHeaders: readonly string[]
}

/**
 * In which order both sides tell, of copies too, is nobody's promise. From hand to hand, lines of one header are
 * joined, and no name is asked for.
 */
function bySide({ records }: Told): Partial<Record<string, readonly object[]>> {
  const told = (records as readonly Recorded[]).map((record) => ({
    ...record,
    serverName: '',
    request: { ...record.request, headers: joined(record.request.headers) },
    sentHeaders: joined(record.sentHeaders),
    responseHeaders: joined(record.responseHeaders),
  }))
  const inOrder = told.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  return Object.groupBy(inOrder, ({ reporter }) => reporter)
}

function joined(lines: readonly string[]): Readonly<Record<string, string>> {
  const values: Record<string, string> = {}
  for (const line of lines) {
    const colon = line.indexOf(': ')
    const [name, value] = [line.slice(0, colon), line.slice(colon + 2)]
    values[name] = values[name] === undefined ? value : `${values[name]},${value}`
  }
  return values
}

function lines({ metrics }: Told): readonly string[] {
  return metrics().split('\n').toSorted()
}

test(
  'a hop that is decided at once is the same as one past two proxies: answers, both sides’ records, and metrics',
  { timeout: 1_800_000 },
  async () => {
    for (let mesh = 0; mesh * CALLS_PER_MESH < CALLS; mesh++) {
      const random = new SeededRandom(`hops/${mesh}`)
      const drawn = randomMesh(random)
      // How much has been sent of a body when a request is refused is a race between two proxies: there is one or the other.
      const isGuarded = mesh % 2 === 0
      const objects = drawn.objects.filter(({ kind }) => isGuarded || kind !== 'AuthorizationPolicy')
      const configuration = { ...drawn, objects }
      const hops = twoHops(configuration, `dice/${mesh}`)
      for (let index = 0; index < CALLS_PER_MESH; index++) {
        const asked = randomCall(random, configuration)
        const call = isGuarded ? { ...asked, body: '' } : asked
        const where = `mesh ${mesh}, call ${index}: ${JSON.stringify({ ...call, body: call.body.length })}`
        const [atOnce, oneByOne] = [await hops.atOnce(call), await hops.oneByOne(call)]
        expect(atOnce, where).toEqual(oneByOne)
        const told = hops.told()
        expect(told.atOnce.nowMs, where).toBe(told.oneByOne.nowMs)
        expect(bySide(told.atOnce), where).toEqual(bySide(told.oneByOne))
        if (index === CALLS_PER_MESH - 1) expect(lines(told.atOnce)).toEqual(lines(told.oneByOne))
      }
    }
  },
)
