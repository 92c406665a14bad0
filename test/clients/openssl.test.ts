import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { pemCertificates } from '../../src/api/certificates/read-certificate.ts'
import { Identities } from '../../src/mesh/identity/identities.ts'
import { newMeshAuthority } from '../../src/mesh/identity/mesh-authority.ts'
import { realWorld } from '../../src/world/real-world.ts'

const OPENSSL = '/usr/bin/openssl'
const isRequired = process.env['DABBA_TEST_REQUIRE_ALL'] !== undefined

describe.skipIf(!existsSync(OPENSSL) && !isRequired)('openssl (skipped where it is not installed)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dabba-openssl-'))
  const world = realWorld({ seed: 'openssl' })
  const authority = newMeshAuthority({ organization: 'cluster.local' }, world)
  const identities = new Identities({ authority, trust: { trustDomain: 'cluster.local' } }, world)
  const { chain } = identities.certificate({ namespace: 'shop', serviceAccount: 'cart' })

  afterAll(() => rmSync(folder, { recursive: true }))

  function file(name: string, text: string): string {
    const path = join(folder, name)
    writeFileSync(path, text)
    return path
  }

  function openssl(...args: readonly string[]): string {
    return execFileSync(OPENSSL, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  test('reads a workload’s certificate as it was meant', () => {
    const text = openssl('x509', '-noout', '-text', '-in', file('leaf.pem', chain))
    expect(text).toMatch(/Issuer: O\s*=\s*cluster\.local\n/)
    expect(text).toMatch(/Public Key Algorithm: id-ecPublicKey\n[^]*NIST CURVE: P-256/)
    expect(text).toMatch(/Subject Alternative Name: critical\n\s+URI:spiffe:\/\/cluster\.local\/ns\/shop\/sa\/cart\n/)
    expect(text).toMatch(/Extended Key Usage: \n\s+TLS Web Server Authentication, TLS Web Client Authentication\n/)
    expect(text).toMatch(/Key Usage: critical\n\s+Digital Signature, Key Encipherment\n/)
    expect(text).toMatch(/Basic Constraints: critical\n\s+CA:FALSE\n/)
  })

  test('verifies it under the mesh’s root, as a client and as a server, and not under another', () => {
    const leaf = file('leaf.pem', chain)
    const root = file('root.pem', authority.roots.join(''))
    for (const purpose of ['sslclient', 'sslserver']) {
      expect(openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', root, leaf)).toBe(`${leaf}: OK\n`)
    }
    const other = file('other.pem', newMeshAuthority({ organization: 'cluster.local' }, world).roots.join(''))
    expect(() => openssl('verify', '-CAfile', other, leaf)).toThrow('verification failed')
  })

  test('verifies it under the old root and under the new one of the same key', () => {
    const early = { ...world, clock: { ...world.clock, now: () => world.clock.now() - 9 * 365 * 24 * 3_600_000 } }
    const old = newMeshAuthority({ organization: 'cluster.local' }, early)
    const rotating = new Identities({ authority: old, trust: { trustDomain: 'cluster.local' } }, world)
    const leaf = file('rotated.pem', rotating.certificate({ namespace: 'shop', serviceAccount: 'cart' }).chain)
    const roots = pemCertificates(rotating.bundle.pem)
    expect(roots).toHaveLength(2)
    for (const root of roots) expect(openssl('verify', '-CAfile', file('one.pem', root), leaf)).toBe(`${leaf}: OK\n`)
  })
})
