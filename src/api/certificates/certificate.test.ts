import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { systemKeys } from '../../world/keys.ts'
import { newAuthority, newCredential } from './certificate.ts'

const validity = { notBeforeMs: Date.UTC(2026, 0, 1), notAfterMs: Date.UTC(2056, 0, 1) }
const serial = Uint8Array.from({ length: 16 }, (_, index) => index + 0x80)

test('a certificate names its user, its groups and its addresses, and its authority vouches for it', () => {
  const authority = newAuthority({ keys: systemKeys, commonName: 'dabba-ca', ...validity, serial })
  const { certificate } = newCredential(
    {
      keys: systemKeys,
      subject: { commonName: 'admin', organizations: ['system:masters', 'ops'] },
      usages: ['client', 'server'],
      names: ['localhost', '127.0.0.1', '::1'],
      ...validity,
      serial,
    },
    authority,
  )
  const read = new X509Certificate(certificate)
  const ca = new X509Certificate(authority.certificate)
  expect(ca.ca).toBe(true)
  expect(ca.verify(ca.publicKey)).toBe(true)
  expect(read.verify(ca.publicKey)).toBe(true)
  expect(read.checkIssued(ca)).toBe(true)
  expect(read.subject).toBe('O=system:masters\nO=ops\nCN=admin')
  expect(read.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
  expect(read.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1'])
  expect(read.validToDate.toISOString()).toBe('2056-01-01T00:00:00.000Z')
})
