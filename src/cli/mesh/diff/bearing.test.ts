import { expect, test } from 'vitest'
import { randomCall, type RandomMesh, randomMesh } from '../../../../test/mesh/random-mesh.ts'
import type { ApiObject } from '../../../api/object.ts'
import { SeededRandom } from '../../../world/random.ts'
import type { AskedRequest } from '../asked-request.ts'
import { explainOutcome } from '../explain-route.ts'
import { type MeshModel, modelOfCluster } from '../mesh-model.ts'
import { Bearing } from './bearing.ts'
import { callerGroups } from './callers.ts'
import { signatureOf } from './signature.ts'

const MESHES = 60
const CALLS = 40

/** With one of its objects as another mesh has it, or without. */
function changed({ objects }: RandomMesh, random: SeededRandom): readonly ApiObject[] {
  const at = random.below(objects.length)
  const { objects: others } = randomMesh(random)
  const old = objects[at]
  const other = others.find(({ kind, metadata }) => kind === old?.kind && metadata.name === old.metadata.name)
  return objects.flatMap((object, index) => (index === at ? (other ?? []) : object))
}

function told(model: MeshModel, from: string, asked: AskedRequest): string {
  return JSON.stringify(signatureOf(explainOutcome(model, `${from}.shop`, asked)))
}

test('where nothing that bears on a host has changed, no answer has; callers of one group get the same answers', () => {
  let untouched = 0
  let alike = 0
  for (let index = 0; index < MESHES; index++) {
    const random = new SeededRandom(`bearing/${index}`)
    const mesh = randomMesh(random)
    const models = [mesh.objects, changed(mesh, random)].map((objects) => modelOfCluster(objects, 'shop'))
    const [before, after] = models
    if (before === undefined || after === undefined) throw new Error('there are two')
    const [own, other] = [new Bearing(before), new Bearing(after)]
    const groups = callerGroups(models)
    for (let number = 0; number < CALLS; number++) {
      const { from, service, method, path, headers } = randomCall(random, mesh)
      const [plain = '', query] = path.split('?')
      const target = { host: service, port: 80, path: plain, ...(query !== undefined && { query }) }
      const asked: AskedRequest = { scheme: 'http', method, headers, tls: 'plaintext', ...target }
      const host = `${service}.shop.svc.cluster.local`
      if (own.common === other.common && own.on(host) === other.on(host)) {
        untouched++
        expect(told(after, from, asked)).toBe(told(before, from, asked))
      }
      const group = groups.find((callers) => callers.includes(`${from}.shop`)) ?? []
      for (const caller of group) {
        if (caller !== `${from}.shop`) alike++
        expect(told(before, caller.replace(/\.shop$/, ''), asked)).toBe(told(before, from, asked))
      }
    }
  }
  expect(untouched).toBeGreaterThan(100)
  expect(alike).toBeGreaterThan(100)
})
