import { describe, expect, test } from 'vitest'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import { readPrometheusConfig } from '../config/prometheus-config.ts'
import { DiscoveryManager } from './discovery-manager.ts'
import { jobDiscoverers } from './job-discoverers.ts'
import type { TargetGroup } from './target-group.ts'

function configs(section: string) {
  return readPrometheusConfig(`scrape_configs: [{job_name: a, ${section}}]`).scrape_configs[0]!
}

/** A disk and a server whose content can be changed, and what was found there. */
function harness(section: string) {
  const { clock } = rehearsedWorld()
  const files = new Map<string, string>()
  const server = { status: 200, type: 'application/json', text: '[]' }
  const problems: string[] = []
  const seen: (readonly TargetGroup[])[] = []
  const manager = new DiscoveryManager(clock, (_, groups) => seen.push(groups))
  const start = (): void =>
    manager.apply(
      'a',
      jobDiscoverers(configs(section), {
        clock,
        readText: (path) => Promise.resolve(files.get(path) ?? ''),
        match: () => Promise.resolve([...files.keys()]),
        transport: () =>
          Promise.resolve({
            status: server.status,
            headers: { 'content-type': server.type },
            body: (async function* () {
              yield await Promise.resolve(Buffer.from(server.text))
            })(),
          }),
        onProblem: (problem) => problems.push(problem),
      }),
    )
  const targets = () => (seen.at(-1) ?? []).flatMap((group) => group.targets.map((target) => target['__address__']))
  return { clock, files, server, problems, seen, manager, start, targets }
}

describe('file discovery', () => {
  const SECTION = 'file_sd_configs: [{files: [/sd/*.yml]}]'

  test('follows files as they come, change and go', async () => {
    const { clock, files, manager, start, seen, targets } = harness(SECTION)
    files.set('/sd/a.yml', '- targets: [a:1, a:2]\n  labels: {zone: x}\n')
    start()
    await clock.advance(1)
    expect(targets()).toEqual(['a:1', 'a:2'])
    expect(seen.at(-1)?.[0]).toMatchObject({
      source: '/sd/a.yml:0',
      labels: { zone: 'x', __meta_filepath: '/sd/a.yml' },
    })
    files.set('/sd/a.yml', '- targets: [a:3]\n')
    files.set('/sd/b.yml', '- targets: [b:1]\n')
    await clock.advance(15_000)
    expect(targets()).toEqual(['a:3', 'b:1'])
    files.delete('/sd/a.yml')
    await clock.advance(15_000)
    expect(targets()).toEqual(['b:1'])
    await manager.stop()
  })

  test('a file that is malformed keeps its targets', async () => {
    const { clock, files, manager, start, problems, targets } = harness(SECTION)
    files.set('/sd/a.yml', '- targets: [a:1]\n')
    start()
    await clock.advance(1)
    files.set('/sd/a.yml', '- target: [a:2]\n')
    await clock.advance(15_000)
    expect(targets()).toEqual(['a:1'])
    expect(problems[0]).toContain('"/sd/a.yml": yaml: unmarshal errors:\n  line 1: field target not found in type')
    await manager.stop()
  })
})

describe('http discovery', () => {
  const SECTION = "http_sd_configs: [{url: 'http://sd/targets', refresh_interval: 30s}]"

  test('asks again and again, and keeps what it knows when the server fails', async () => {
    const { clock, server, manager, start, problems, targets } = harness(SECTION)
    server.text = '[{"targets": ["a:1"], "labels": {"zone": "x"}}, {"targets": ["b:1"]}]'
    start()
    await clock.advance(1)
    expect(targets()).toEqual(['a:1', 'b:1'])
    server.text = '[{"targets": ["a:2"]}]'
    await clock.advance(40_000)
    expect(targets()).toEqual(['a:2'])
    server.status = 503
    await clock.advance(30_000)
    expect(targets()).toEqual(['a:2'])
    expect(problems).toEqual([
      'http service discovery: "http://sd/targets": server returned HTTP status 503 Service Unavailable',
    ])
    await manager.stop()
  })
})

test('a job that looks for targets in a cluster is refused where there is none', () => {
  const { start } = harness('kubernetes_sd_configs: [{role: pod}]')
  expect(start).toThrow('kubernetes_sd_configs: there is no cluster to look for targets in at this process')
})
