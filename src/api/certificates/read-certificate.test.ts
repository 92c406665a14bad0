import { describe, expect, test } from 'vitest'
import { systemKeys } from '../../world/keys.ts'
import { newAuthority, newCredential } from './certificate.ts'
import { pemBlock, pemCertificates, readCertificate } from './read-certificate.ts'

const authority = newAuthority({
  keys: systemKeys,
  organizations: ['cluster.local'],
  notBeforeMs: Date.UTC(1999, 11, 31, 23, 59, 59),
  notAfterMs: Date.UTC(2051, 0, 1),
  serial: new Uint8Array(16).fill(0x91),
})

test('an authority says that it is one, and until when', () => {
  expect(readCertificate(pemBlock(authority.certificate))).toMatchObject({
    isAuthority: true,
    notBeforeMs: Date.UTC(1999, 11, 31, 23, 59, 59),
    notAfterMs: Date.UTC(2051, 0, 1),
    uris: [],
  })
})

test('a holder is named in every way at once', () => {
  const names = ['spiffe://cluster.local/ns/default/sa/web', 'web.default.svc', '10.1.2.3']
  const { certificate } = newCredential(
    {
      keys: systemKeys,
      subject: {},
      usages: ['client'],
      names,
      notBeforeMs: 0,
      notAfterMs: 1_000,
      serial: new Uint8Array(16).fill(1),
    },
    authority,
  )
  expect(readCertificate(pemBlock(certificate))).toMatchObject({
    isAuthority: false,
    uris: [names[0]],
    dnsNames: [names[1]],
    ipAddresses: [names[2]],
    emailAddresses: [],
    notAfterMs: 1_000,
  })
})

test('a text may hold several, with anything between them', () => {
  const two = `first\n${authority.certificate}second\n${authority.certificate}`
  expect(pemCertificates(two)).toEqual([authority.certificate, authority.certificate])
})

describe('what is no certificate', () => {
  test.each([
    ['', 'truncated'],
    ['3003020101', 'tag 48 expected'],
    ['30053003020101', 'tag 48 expected'],
    ['3080', 'length not supported'],
  ])('%s: %s', (hex, why) => {
    expect(() => readCertificate(Buffer.from(hex, 'hex'))).toThrow(why)
  })
})
