import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliHome, ROOT } from './dabba.ts'

const home = new CliHome()
afterAll(() => home[Symbol.dispose]())

const ROUTES = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: tea, namespace: shop }
spec:
  hosts: [tea.in]
  gateways: [edge]
  http:
  - name: delhi
    match:
    - headers:
        x-region: { exact: delhi }
    route:
    - destination: { host: tea, subset: north }
  - name: rest
    timeout: 10s
    route:
    - destination: { host: tea }
`

beforeAll(() => {
  writeFileSync(home.path('routes.yaml'), ROUTES)
})

test('dabba mesh route says which line decides', async () => {
  const { code, stdout, stderr } = await home.run(['mesh', 'route', '-f', 'routes.yaml', 'http://tea.in/x?y=1'])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toBe(`GET http://tea.in/x?y=1
from Gateway shop/edge

  listener      0.0.0.0_80
  virtual host  tea.in:80
  decided by    rule rest of VirtualService shop/tea, routes.yaml:14
                it matches everything
  timeout       10s
  retries       2, on connect-failure, refused-stream, unavailable, cancelled,
                retriable-status-codes

  100% to tea.shop.svc.cluster.local:80
    pods        not known
    over        mutual TLS: both sides have a sidecar

Rules before it that do not match:
  delhi   routes.yaml:11   header x-region "delhi": it is not there

Taken for granted, as the files do not say it:
  Gateway shop/edge, for all hosts on 80 and 443
  Service shop/tea, with port 80
  subsets of tea.shop.svc.cluster.local: north
`)
})

test('dabba mesh route as data, from standard input', async () => {
  const args = ['mesh', 'route', '-f', '-', '-H', 'x-region: delhi', '-o', 'json', 'http://tea.in/']
  const { stdout } = await home.run(args, { stdin: ROUTES })
  expect(JSON.parse(stdout)).toMatchObject({ outcome: { kind: 'forward', destinations: [{ subset: 'north' }] } })
})

test('dabba mesh exits with 1 when nothing takes a request, and with 2 when the question cannot be asked', async () => {
  const files = ['-f', 'routes.yaml']
  expect(await home.run(['mesh', 'route', ...files, 'http://coffee.in/'])).toMatchObject({ code: 1, stderr: '' })
  const noUrl = await home.run(['mesh', 'route', ...files, 'ftp://tea.in/'])
  expect(noUrl).toMatchObject({ code: 2, stderr: expect.stringContaining('is no URL') })
  const nothing = await home.run(['mesh', 'rout', ...files])
  expect(nothing).toMatchObject({ code: 2, stderr: expect.stringContaining('knows route') })
})

test.each([
  ['neither files nor a cluster', ['route', 'http://tea.in/'], 'There is no mesh to ask: no files are named'],
  ['a URL with a space', ['route', '-f', 'routes.yaml', 'http://tea.in/a b'], 'is no URL'],
  ['a port that there is not', ['route', '-f', 'routes.yaml', 'http://tea.in:99999/'], '"99999" is no port'],
  ['an address that is none', ['route', '-f', 'routes.yaml', '--ip', '1.2.3', 'http://tea.in/'], 'is no address'],
  ['files of diff with -f', ['diff', '-f', 'routes.yaml', 'a', 'b'], 'takes its files as operands'],
])('dabba mesh refuses %s', async (_, args, message) => {
  const { code, stderr } = await home.run(['mesh', ...args])
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) })
})

test('dabba mesh asks what was meant by a name that is not known, and warns of fields that nobody knows', async () => {
  const route = await home.run(['mesh', 'route', '-f', 'routes.yaml', '--from', 'web.shop', 'http://te/'])
  expect(route.stdout).toContain('did you mean tea?')
  const bazaar = ['-f', `${ROOT}/examples/bazaar`]
  const can = await home.run(['mesh', 'can', ...bazaar, 'checkout.bazaar', 'payment.payments', 'POST', '/'])
  expect(can.stdout).toContain('did you mean "payment-gateway.payments"?')
  writeFileSync(home.path('typo.yaml'), ROUTES.replace('timeout:', 'timeut:'))
  const typo = await home.run(['mesh', 'route', '-f', 'typo.yaml', 'http://tea.in/'])
  expect(typo).toMatchObject({ code: 0, stderr: expect.stringContaining('unknown field "spec.http[1].timeut"') })
})

test('dabba mesh asks the bazaar of the examples', async () => {
  const bazaar = ['-f', `${ROOT}/examples/bazaar`]
  const denied = await home.run([
    'mesh',
    'can',
    ...bazaar,
    'storefront',
    'payment-gateway.payments',
    'GET',
    '/api/v1/pay',
  ])
  expect(denied.code).toBe(1)
  expect(denied.stdout).toContain('cluster.local/ns/bazaar/sa/storefront')
  const table = await home.run(['mesh', 'table', ...bazaar, 'bazaar.example'])
  expect(table).toMatchObject({ code: 0, stderr: '' })
  expect(table.stdout).toContain('storefront.bazaar:80')
})

test('dabba test mesh says what is otherwise, writes a report, and exits with 1', async () => {
  writeFileSync(
    home.path('tests.yaml'),
    `config: [routes.yaml]
tests:
- name: buyers of Delhi
  request: { url: http://tea.in/, headers: { x-region: delhi } }
  expect: { rule: delhi, subset: north, timeout: none }
- name: everybody else
  request: GET http://tea.in/
  expect: { destination: tea.shop, timeout: 5s }
`,
  )
  const { code, stdout } = await home.run(['test', 'mesh', '--junit', 'report.xml', 'tests.yaml'])
  expect(code).toBe(1)
  expect(stdout).toBe(`tests.yaml
  ✓ buyers of Delhi
  ✗ everybody else   tests.yaml:6
      expected timeout 5s, but it is 10s
      decided by VirtualService shop/tea, routes.yaml:14

1 passed, 1 failed
`)
  expect(readFileSync(home.path('report.xml'), 'utf8')).toContain('tests="2" failures="1"')
  const one = await home.run(['test', 'mesh', '--run', 'Delhi', 'tests.yaml'])
  expect(one).toMatchObject({ code: 0, stdout: expect.stringContaining('1 passed\n') })
})

test('dabba test mesh knows who is asked, and not what they answer', async () => {
  const provider =
    'extensionProviders: [{ name: fraud, envoyExtAuthzHttp: { service: cart.shop.svc.cluster.local, port: 80 } }]'
  const objects = [
    {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { name: 'istio', namespace: 'istio-system' },
      data: { mesh: provider },
    },
    {
      kind: 'Service',
      apiVersion: 'v1',
      metadata: { name: 'cart', namespace: 'shop' },
      spec: { selector: { app: 'cart' }, ports: [{ port: 80 }] },
    },
    {
      kind: 'AuthorizationPolicy',
      apiVersion: 'security.istio.io/v1',
      metadata: { name: 'fraud', namespace: 'shop' },
      spec: { action: 'CUSTOM', provider: { name: 'fraud' }, rules: [{ to: [{ operation: { methods: ['POST'] } }] }] },
    },
  ]
  writeFileSync(home.path('fraud.yaml'), objects.map((object) => JSON.stringify(object)).join('\n---\n'))
  writeFileSync(
    home.path('asks.yaml'),
    `config: [fraud.yaml]
namespace: shop
workloads: [{ name: cart }]
tests:
- { name: orders, from: web, request: POST http://cart/, expect: { asks: fraud, allowed: true } }
- { name: looks, from: web, request: GET http://cart/, expect: { asks: fraud } }
`,
  )
  const { code, stdout } = await home.run(['test', 'mesh', 'asks.yaml'])
  expect(code).toBe(1)
  expect(stdout).toContain('✓ orders')
  expect(stdout).toContain('expected fraud to be asked, but nobody is')
})

test('a test with a field that nobody knows is refused', async () => {
  writeFileSync(
    home.path('slip.yaml'),
    'config: [routes.yaml]\ntests:\n- { name: a, request: GET http://x/, expects: {} }\n',
  )
  const { code, stderr } = await home.run(['test', 'mesh', 'slip.yaml'])
  expect(code).toBe(2)
  expect(stderr).toContain('slip.yaml:3: there is no field "expects"; did you mean "expect"?')
})

test('dabba test mesh runs files of istio-config-validator, and tells where Istio decides otherwise', async () => {
  writeFileSync(
    home.path('validator.yaml'),
    `testCases:
- description: Delhi goes north
  wantMatch: true
  request: { authority: [tea.in], method: [GET, POST], uri: [/, /x], headers: { x-region: delhi } }
  route:
  - destination: { host: tea, subset: north }
- description: others do not
  wantMatch: false
  request: { authority: [tea.in], method: [GET], uri: [/] }
  route:
  - destination: { host: tea, subset: north }
- description: a wish
  wantMatch: true
  request: { authority: [tea.in], method: [GET], uri: [/] }
  rewrite: { uri: / }
`,
  )
  const { code, stdout } = await home.run(['test', 'mesh', '-f', 'routes.yaml', 'validator.yaml'])
  expect(code).toBe(1)
  expect(stdout).toContain('  ✓ Delhi goes north\n  ✓ others do not\n  ✗ a wish   validator.yaml:12\n')
  expect(stdout).toContain('GET tea.in/: rewrite is not {"uri":"/"}: null at routes.yaml:14')
})

test('dabba mesh diff tells what a change of the files changes, and exits with 1', async () => {
  writeFileSync(home.path('next.yaml'), ROUTES.replace('exact: delhi', 'exact: agra'))
  const { code, stdout } = await home.run(['mesh', 'diff', 'routes.yaml', 'next.yaml'])
  expect(code).toBe(1)
  expect(stdout).toContain(`  GET http://tea.in/other   x-region: delhi   and 1 more like it
    from ingress:shop/edge
    - destination  tea.shop:80 north
    + destination  tea.shop:80
`)
  const same = await home.run(['mesh', 'diff', 'routes.yaml', 'routes.yaml'])
  expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('No difference in') })
})

test('what the tools print as data is what docs/mesh.md says', async () => {
  const page = readFileSync(`${ROOT}/docs/mesh.md`, 'utf8')
  const section = page.slice(page.indexOf('## As data'), page.indexOf('## Tests'))
  const bazaar = ['-f', `${ROOT}/examples/bazaar`]
  const questions = [
    ['route', ...bazaar, '-H', 'x-region: kochi', 'https://bazaar.example/'],
    ['table', ...bazaar, 'bazaar.example'],
    ['can', ...bazaar, 'checkout.bazaar', 'payment-gateway.payments', 'GET', '/'],
    ['can', ...bazaar, '--as-table', 'payment-gateway.payments'],
  ]
  for (const question of questions) {
    const { stdout } = await home.run(['mesh', ...question, '-o', 'json'])
    const unsaid = Object.keys(JSON.parse(stdout) as object).filter((name) => !section.includes(`\`${name}\``))
    expect(unsaid, question[0]).toEqual([])
    if (question[0] !== 'route') continue
    const { outcome } = JSON.parse(stdout) as { outcome: { destinations: readonly object[] } }
    const destination = outcome.destinations.flatMap((one) => Object.keys(one))
    expect([...Object.keys(outcome), ...destination].filter((name) => !section.includes(`\`${name}\``))).toEqual([])
  }
})
