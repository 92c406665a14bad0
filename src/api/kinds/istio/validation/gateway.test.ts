import { describe, expect, test } from 'vitest'
import { type Server, validateGateway } from './gateway.ts'
import { printErrors } from './problem.ts'
import type { ServerTls } from './server-tls.ts'

const object = { name: 'web', namespace: 'shop', labels: {}, annotations: {} }
const port = { number: 80, protocol: 'HTTP', name: 'http' }
const secure = { number: 443, protocol: 'HTTPS', name: 'https' }
const hosts = ['shop.example.com']

function errorIn(...servers: Server[]): string | undefined {
  return printErrors(validateGateway({ servers }, object))
}

describe('a Gateway', () => {
  test('is named like a label', () => {
    const named = { ...object, name: 'a.b' }
    expect(printErrors(validateGateway({ servers: [{ port, hosts }] }, named))).toBe('invalid gateway name: "a.b"')
  })

  test('of one server with a host and a port is fine', () => {
    expect(errorIn({ port, hosts })).toBeUndefined()
  })

  test.each<[string, Server[], string]>([
    ['without servers', [], 'gateway must have at least one server'],
    ['without hosts', [{ port }], 'server config must contain at least one host'],
    ['without a port', [{ hosts }], 'port is required'],
    [
      'without a port name',
      [{ hosts, port: { ...port, name: '' } }],
      'port name must be set: number:80 protocol:"HTTP"',
    ],
    [
      'of an unknown protocol',
      [{ hosts, port: { ...port, protocol: 'GOPHER' } }],
      'invalid protocol "GOPHER", supported protocols are HTTP, HTTP2, GRPC, GRPC-WEB, MONGO, REDIS, MYSQL, TCP',
    ],
    [
      'with equal port names',
      [
        { port, hosts },
        { port, hosts },
      ],
      'port names in servers must be unique: duplicate name http',
    ],
    ['bound to no address', [{ port, hosts, bind: 'lo' }], 'lo is not a valid IP'],
    ['that promises TLS', [{ hosts, port: secure }], 'server must have TLS settings for HTTPS/TLS protocols'],
    [
      'with TLS on plain HTTP',
      [{ hosts, port, tls: { mode: 'SIMPLE', credentialName: 'a' } }],
      'server cannot have TLS settings for plain text HTTP ports',
    ],
    [
      'with TLS on TCP',
      [{ hosts, port: { ...port, protocol: 'TCP' }, tls: {} }],
      'server cannot have TLS settings for non HTTPS/TLS ports',
    ],
  ])('%s is refused', (_what, servers, error) => {
    expect(errorIn(...servers)).toBe(error)
  })

  test('may redirect plain HTTP', () => {
    expect(errorIn({ hosts, port, tls: { httpsRedirect: true } })).toBeUndefined()
  })
})

describe('TLS of a server', () => {
  test.each<[string, ServerTls, string]>([
    ['needs a certificate', { mode: 'SIMPLE', privateKey: 'k' }, 'SIMPLE TLS requires a server certificate'],
    [
      'needs to know its clients',
      { mode: 'MUTUAL', serverCertificate: 'c', privateKey: 'k' },
      'MUTUAL TLS requires a client CA bundle',
    ],
    [
      'has its certificates from one place',
      { mode: 'SIMPLE', credentialName: 'a', serverCertificate: 'c', privateKey: 'k' },
      'only one of credential_name, credential_names, server_certificate/private_key, tls_certificates should be specified',
    ],
    [
      'of the mesh needs none',
      { mode: 'ISTIO_MUTUAL', credentialName: 'a' },
      'ISTIO_MUTUAL TLS cannot have associated credentialName',
    ],
    [
      'that asks no client revokes nothing',
      { mode: 'SIMPLE', serverCertificate: 'c', privateKey: 'k', caCrl: 'r' },
      'CRL is not supported with SIMPLE TLS',
    ],
  ])('%s', (_what, tls, error) => {
    expect(errorIn({ hosts, port: secure, tls })).toBe(error)
  })

  test('is warned about ciphers that are unknown or said twice', () => {
    const tls = {
      mode: 'SIMPLE',
      credentialName: 'a',
      cipherSuites: ['b', 'a', 'AES128-SHA', 'AES128-SHA', 'ALL', '-ALL'],
    }
    const problems = [...validateGateway({ servers: [{ hosts, port: secure, tls }] }, object)]
    expect(problems.map(({ text }) => text)).toEqual([
      'ignoring invalid cipher suites: [a b]',
      'ignoring duplicate cipher suites: [AES128-SHA]',
    ])
  })
})
