import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { certifyAuthority, newAuthority, newCredential } from '../../api/certificates/certificate.ts'
import { pemCertificates } from '../../api/certificates/read-certificate.ts'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import { authorityFiles, newMeshAuthority, readAuthority } from './mesh-authority.ts'
import { trustBundle } from './trust-bundle.ts'
import { verifyPeer } from './verify-peer.ts'
import { issueWorkload } from './workload-certificate.ts'

const world = rehearsedWorld()
const nowMs = world.clock.now()
const YEAR_MS = 365 * 24 * 3_600_000
const validity = () => ({ notBeforeMs: nowMs, notAfterMs: nowMs + YEAR_MS, serial: world.random.bytes(16) })
/** Plugged-in authorities are mostly RSA. */
const rsaKeys = { generate: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) }
const root = newAuthority({ keys: rsaKeys, commonName: 'Root CA', organizations: ['Example'], ...validity() })

/** What `openssl` made of a company's authority for one cluster: a certificate that may sign, below the root. */
function intermediate(notAfterMs = nowMs + YEAR_MS) {
  const key = rsaKeys.generate().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const subject = { commonName: 'Intermediate CA' }
  return certifyAuthority({ subject, key, ...validity(), notAfterMs }, root)
}

const plugged = intermediate()
const FILES = {
  'ca-cert.pem': plugged.certificate,
  'ca-key.pem': plugged.key,
  'cert-chain.pem': plugged.certificate + root.certificate,
  'root-cert.pem': root.certificate,
}

describe('a plugged-in authority', () => {
  test('signs for workloads, which show the certificates above theirs but not the root', () => {
    const mesh = readAuthority(FILES, { isPluggedIn: true, nowMs })
    const identity = { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'cart' }
    const { chain, uri } = issueWorkload(mesh, identity, world)
    const shown = pemCertificates(chain).map((pem) => new X509Certificate(pem))
    expect(shown).toHaveLength(2)
    expect(shown[1]?.subject).toBe('CN=Intermediate CA')
    const bundle = trustBundle(mesh, { trustDomain: 'cluster.local' })
    expect(bundle.roots.map(({ subject }) => subject)).toEqual(['O=Example\nCN=Root CA'])
    const verdict = verifyPeer(
      shown.map(({ raw }) => raw),
      bundle,
      nowMs,
    )
    expect(verdict).toEqual({ uri })
    expect(
      verifyPeer(
        shown.slice(0, 1).map(({ raw }) => raw),
        bundle,
        nowMs,
      ).problem,
    ).toBe('certificate signed by unknown authority')
  })

  test('that ends soon signs nothing that lasts longer, and nothing after its end', () => {
    const { key, certificate } = intermediate(nowMs + 3_600_000)
    const short = { ...FILES, 'ca-cert.pem': certificate, 'ca-key.pem': key, 'cert-chain.pem': certificate }
    const mesh = readAuthority(short, { isPluggedIn: true, nowMs })
    const identity = { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'cart' }
    expect(issueWorkload(mesh, identity, world).notAfterMs).toBe(nowMs + 3_600_000)
    const late = rehearsedWorld({ startMs: nowMs + 3_600_001 })
    expect(() => issueWorkload(mesh, identity, late)).toThrow('signing certificate has expired at 2026-01-01T01:00:00')
  })

  test.each([
    ['without a certificate', { 'ca-cert.pem': '' }, 'failed to parse cert PEM: invalid PEM encoded certificate'],
    ['of another key', { 'ca-key.pem': root.key }, 'the cert does not match the key'],
    ['without a key', { 'ca-key.pem': 'none' }, 'failed to parse private key PEM'],
    [
      'under another root',
      { 'root-cert.pem': newMeshAuthority({ organization: 'x' }, world).authority.certificate },
      'x509: certificate signed by unknown authority',
    ],
  ])('%s is refused', (_, change, why) => {
    expect(() => readAuthority({ ...FILES, ...change }, { isPluggedIn: true, nowMs })).toThrow(why)
  })

  test('that has expired is refused', () => {
    const late = nowMs + 2 * YEAR_MS
    expect(() => readAuthority(FILES, { isPluggedIn: true, nowMs: late })).toThrow('x509: certificate has expired')
  })

  test('that may not sign is refused', () => {
    const leaf = newCredential(
      { keys: world.keys, subject: { commonName: 'leaf' }, usages: ['server'], ...validity() },
      root,
    )
    const wrong = { 'ca-cert.pem': leaf.certificate, 'ca-key.pem': leaf.key, 'root-cert.pem': root.certificate }
    const why = 'certificate is not authorized to sign other certificates'
    expect(() => readAuthority(wrong, { isPluggedIn: true, nowMs })).toThrow(why)
  })
})

test('a mesh goes on with its own authority after a restart', () => {
  const mesh = newMeshAuthority({ organization: 'cluster.local' }, world)
  const again = readAuthority(authorityFiles(mesh), { isPluggedIn: false, nowMs })
  expect(again.roots).toEqual(mesh.roots)
  const bundle = trustBundle(mesh, { trustDomain: 'cluster.local' })
  const identity = { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'cart' }
  const { chain, uri } = issueWorkload(again, identity, world)
  expect(verifyPeer([new X509Certificate(chain).raw], bundle, nowMs)).toEqual({ uri })
})
