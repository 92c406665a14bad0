import { expect, test } from 'vitest'
import { SeededRandom } from '../../src/world/random.ts'
import { randomCall, randomMesh } from './random-mesh.ts'
import { twoDrivers } from './two-drivers.ts'

/** `DABBA_DRIVER_CALLS=100000` asks for longer. */
const CALLS = Number(process.env['DABBA_DRIVER_CALLS'] ?? 5_000)
const CALLS_PER_MESH = 500

test(
  'the driver on sockets and the driver in process give the same answers, records and metrics',
  { timeout: 1_800_000 },
  async () => {
    for (let mesh = 0; mesh * CALLS_PER_MESH < CALLS; mesh++) {
      const random = new SeededRandom(`drivers/${mesh}`)
      const configuration = randomMesh(random)
      await using drivers = await twoDrivers(configuration, `dice/${mesh}`)
      for (let index = 0; index < CALLS_PER_MESH; index++) {
        const call = randomCall(random, configuration)
        const [inProcess, overSockets] = [await drivers.inProcess(call), await drivers.overSockets(call)]
        expect(overSockets, `mesh ${mesh}, call ${index}: ${JSON.stringify(call)}`).toEqual(inProcess)
        const told = drivers.told()
        expect(told.sockets.nowMs, `mesh ${mesh}, call ${index}: ${JSON.stringify(call)}`).toBe(told.process.nowMs)
        expect(told.sockets.records, `mesh ${mesh}, call ${index}: ${JSON.stringify(call)}`).toEqual(
          told.process.records,
        )
        if (index === CALLS_PER_MESH - 1) expect(told.sockets.metrics()).toEqual(told.process.metrics())
      }
    }
  },
)
