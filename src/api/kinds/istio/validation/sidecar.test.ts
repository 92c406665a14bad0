import { describe, expect, test } from 'vitest'
import { printErrors } from './problem.ts'
import { type Sidecar, validateSidecar } from './sidecar.ts'

const object = { name: 'a', namespace: 'shop', labels: {}, annotations: {} }
const port = { number: 80, protocol: 'HTTP', name: 'http' }
const hosts = ['./*']

describe('a Sidecar is refused', () => {
  test.each<[string, Sidecar, string]>([
    ['that says nothing', {}, 'sidecar: empty configuration provided'],
    ['whose egress has no hosts', { egress: [{}] }, 'sidecar: egress listener must contain at least one host'],
    [
      'whose last listener is not the last',
      { egress: [{ hosts }, { port, hosts }] },
      'sidecar: the egress listener with empty port should be the last listener in the list',
    ],
    [
      'that listens twice',
      {
        egress: [
          { port, hosts },
          { port, hosts },
        ],
      },
      'sidecar: ports on IP bound listeners must be unique',
    ],
    [
      'whose port is none',
      { egress: [{ port: { protocol: 'HTTP' }, hosts }] },
      'sidecar: ports with 0 value must have a unix domain socket bind address',
    ],
    [
      'whose ingress is elsewhere',
      { ingress: [{ port, defaultEndpoint: '10.0.0.1:80' }] },
      'sidecar: defaultEndpoint must be of form 127.0.0.1:<port>,0.0.0.0:<port>,[::1]:port,[::]:port,unix://filepath or unset',
    ],
    [
      'whose ingress has a named port',
      { ingress: [{ port, defaultEndpoint: '127.0.0.1:http' }] },
      'sidecar: defaultEndpoint port (http) is not a number: strconv.Atoi: parsing "http": invalid syntax',
    ],
    [
      'that ends TLS by a Secret',
      { ingress: [{ port: { ...port, protocol: 'HTTPS' }, tls: { mode: 'SIMPLE', credentialName: 'a' } }] },
      'sidecar: credentialName is not currently supported',
    ],
    [
      'that sends all else to a proxy it may not use',
      { outboundTrafficPolicy: { egressProxy: { host: 'a.com' } } },
      'sidecar: egress_proxy must be set only with ALLOW_ANY outbound_traffic_policy mode',
    ],
  ])('%s', (_what, sidecar, error) => {
    expect(printErrors(validateSidecar(sidecar, object))).toBe(error)
  })
})

describe('hosts of an egress listener', () => {
  test.each([
    [['shop/a.com', './a.com'], 'duplicated egress host: ./a.com'],
    [['shop/*', 'shop/a.com'], 'duplicated egress host: shop/a.com'],
    [['*/*', 'shop/a.com'], '`*/*` host select all resources, no other hosts can be added'],
  ])('%j are warned of', (said, text) => {
    expect([...validateSidecar({ egress: [{ hosts: said }] }, object)]).toEqual([{ severity: 'warning', text }])
  })
})
