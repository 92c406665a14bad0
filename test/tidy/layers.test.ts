import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { sources, textOf } from './sources.ts'

const IMPORT = /^(?:import|export)\b[^'"]*?from\s+'(\.[^']+)'|\bimport\('(\.[^']+)'\)/gm

/** What a layer may import besides itself and `base`. Files directly below `src` are the top: they see everything. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  world: [],
  api: [],
  store: ['world', 'api'],
  client: ['world', 'api'],
  apiserver: ['world', 'api', 'store'],
  controllers: ['world', 'api', 'client'],
  scheduler: ['world', 'api', 'client'],
  kubelet: ['world', 'api', 'client'],
  network: ['world', 'api', 'client'],
  rollouts: ['world', 'api', 'client'],
  mesh: ['world', 'api', 'client'],
  metrics: ['world', 'api', 'client'],
  logs: ['world', 'api', 'client'],
  traces: ['world', 'api', 'client'],
  dashboards: ['metrics', 'logs', 'traces'],
  check: ['api', 'mesh', 'metrics'],
  rehearsal: ['world', 'api', 'client', 'mesh', 'metrics'],
  investigate: ['world', 'api', 'client', 'metrics', 'logs', 'traces'],
  cli: ['index.ts', 'testing.ts', 'platform.ts', 'client'],
}

/** The command line is where the outside is named, and where data of the API is printed. */
const CLI_MAY_ALSO = ['world', 'api', 'store', 'scheduler', 'controllers', 'mesh', 'metrics']

test('no layer imports a layer it may not see', () => {
  const broken: string[] = []
  for (const file of sources('src')) {
    const [, layer = ''] = file.split('/')
    if (layer.endsWith('.ts')) continue
    const allowed = LAYERS[layer]
    if (allowed === undefined) {
      broken.push(`${file}: ${layer} is not in the table of layers`)
      continue
    }
    for (const [, from, lazy] of textOf(file).matchAll(IMPORT)) {
      const [, target = ''] = posix.join(posix.dirname(file), from ?? lazy ?? '').split('/')
      const isAllowed = target === layer || target === 'base' || allowed.includes(target)
      if (!isAllowed && !(layer === 'cli' && CLI_MAY_ALSO.includes(target))) {
        broken.push(`${file}: ${layer} may not import ${target}`)
      }
    }
  }
  expect(broken).toEqual([])
})
