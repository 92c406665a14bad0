import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { messageOf } from '../../src/base/message-of.ts'
import { Alertmanager } from '../../src/metrics/alerting/alertmanager.ts'
import { ConfigError } from '../../src/metrics/alerting/config/config-error.ts'
import { loadAlertmanagerConfig } from '../../src/metrics/alerting/config/alertmanager-config.ts'
import type { Listener } from '../../src/world/network.ts'
import { realWorld } from '../../src/world/real-world.ts'
import { serveWeb } from '../../src/world/serve-web.ts'

/** Debian's, of Alertmanager 0.25. */
const AMTOOL = '/usr/bin/amtool'

const CONFIG = `
global:
  smtp_auth_password: hidden
route:
  receiver: kitchen
  group_by: [alertname]
  routes:
  - matchers: [team="tables"]
    receiver: tables
    continue: true
  - matchers: [severity=~"critical|page"]
    receiver: manager
receivers:
- name: kitchen
- name: tables
- name: manager
  webhook_configs:
  - url: http://localhost:1/hook?token=hidden
`

const isRequired = process.env['DABBA_TEST_REQUIRE_ALL'] !== undefined

describe.skipIf(!existsSync(AMTOOL) && !isRequired)(
  'amtool (skipped where Debian’s alertmanager is not installed)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'dabba-amtool-'))
    const configFile = join(folder, 'alertmanager.yml')
    let alertmanager: Alertmanager
    let listener: Listener
    let address = ''

    beforeAll(async () => {
      writeFileSync(configFile, CONFIG)
      const world = realWorld({ seed: 'amtool' })
      alertmanager = new Alertmanager({
        world,
        configFile,
        storagePath: join(folder, 'data'),
        externalUrl: 'http://localhost',
        version: '0.34.0',
        log: () => undefined,
      })
      await alertmanager.start()
      listener = await serveWeb(
        world.network,
        async ({ method, path, query, body }) =>
          alertmanager.handle({ method, path, query, body: new TextDecoder().decode(await body()) }),
        {
          host: '127.0.0.1',
          port: 0,
          onError: (failure) => {
            throw failure
          },
        },
      )
      address = `http://127.0.0.1:${listener.port}`
    })

    afterAll(async () => {
      await listener.close()
      await alertmanager.stop()
      rmSync(folder, { recursive: true })
    })

    function amtool(...args: string[]): Promise<string> {
      return new Promise((resolve, reject) => {
        execFile(AMTOOL, [...args, '--alertmanager.url', address], (failure, stdout, stderr) => {
          if (failure === null) resolve(stdout)
          else reject(new Error(`${failure.message}\n${stdout}${stderr}`))
        })
      })
    }

    test('adds alerts and finds them again by labels', async () => {
      await amtool('alert', 'add', 'alertname=TawaCold', 'team=tables', '--annotation=summary=The tawa is cold')
      await amtool('alert', 'add', 'alertname=GasLow', 'severity=critical')
      expect(await amtool('alert', 'query', '-o', 'simple')).toMatch(/GasLow[^]*TawaCold|TawaCold[^]*GasLow/)
      const found = JSON.parse(await amtool('alert', 'query', 'team=tables', '-o', 'json')) as Record<string, unknown>[]
      expect(found).toHaveLength(1)
      expect(found[0]).toMatchObject({
        labels: { alertname: 'TawaCold', team: 'tables' },
        annotations: { summary: 'The tawa is cold' },
        receivers: [{ name: 'tables' }],
        status: { state: 'active' },
      })
      expect(await amtool('alert', 'query', '--receiver', 'manager', '-o', 'simple')).toContain('GasLow')
    })

    test('silences an alert, changes the silence and ends it', async () => {
      await amtool('alert', 'add', 'alertname=FlourLow')
      const id = (
        await amtool('silence', 'add', 'alertname=~Flour.*', '-a', 'rani', '-c', 'more comes at noon', '-d', '1h')
      ).trim()
      expect(id).toMatch(/^[0-9a-f-]{36}$/)
      expect(await amtool('silence', 'query', '-q')).toContain(id)
      expect(await amtool('silence', 'query')).toContain('more comes at noon')
      const silenced = JSON.parse(
        await amtool('alert', 'query', '--silenced', 'alertname=FlourLow', '-o', 'json'),
      ) as Record<string, unknown>[]
      expect(silenced[0]).toMatchObject({ status: { state: 'suppressed', silencedBy: [id] } })
      await amtool('silence', 'update', id, '-d', '2h', '-c', 'at two')
      expect(await amtool('silence', 'query')).toContain('at two')
      // What can be changed as it is keeps its id.
      expect((await amtool('silence', 'query', '-q')).trim()).toBe(id)
      await amtool('silence', 'expire', id)
      expect(await amtool('silence', 'query', '-q')).not.toContain(id)
      expect(await amtool('alert', 'query', 'alertname=FlourLow', '-o', 'simple')).toContain('FlourLow')
    })

    test('shows the configuration without its secrets', async () => {
      const shown = await amtool('config', 'show')
      expect(shown).toContain('receiver: kitchen')
      expect(shown).not.toContain('hidden')
    })

    test('shows and tests the routes', async () => {
      expect(await amtool('config', 'routes', 'show')).toContain('receiver: manager')
      expect((await amtool('config', 'routes', 'test', 'team=tables', 'severity=page')).trim()).toBe('tables,manager')
      expect((await amtool('config', 'routes', 'test', 'team=bar')).trim()).toBe('kitchen')
    })

    test('sees a cluster of one', async () => {
      expect(await amtool('cluster', 'show')).toContain('disabled')
    })

    test.each([
      ['route: {receiver: a}\nreceivers: [{name: a}]', true],
      ['route: {receiver: a}\nreceivers: [{name: b}]', false],
      ['route: {receiver: a, group_by: [x, x]}\nreceivers: [{name: a}]', false],
      ['route: {receiver: a, unknown: 1}\nreceivers: [{name: a}]', false],
      ['route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: "ftp://x"}]}]', false],
      ['route: {receiver: a}\ninhibit_rules: [{source_matchers: ["a=~("]}]\nreceivers: [{name: a}]', false],
      ['receivers: [{name: a}]', false],
      [CONFIG, true],
    ])('agrees on whether a configuration is one: %#', async (config, isAccepted) => {
      const file = join(folder, 'checked.yml')
      writeFileSync(file, config)
      const theirs = await amtool('check-config', file).then(
        () => true,
        (failure: unknown) => messageOf(failure).includes('FAILED') === false,
      )
      expect(theirs).toBe(isAccepted)
      expect(accepts(config)).toBe(isAccepted)
    })
  },
)

function accepts(config: string): boolean {
  try {
    loadAlertmanagerConfig(config)
    return true
  } catch (failure) {
    if (failure instanceof ConfigError) return false
    throw failure
  }
}
