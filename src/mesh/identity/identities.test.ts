import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { pemCertificates } from '../../api/certificates/read-certificate.ts'
import { rehearsedWorld } from '../../world/rehearsed-world.ts'
import { Identities } from './identities.ts'
import { newMeshAuthority } from './mesh-authority.ts'
import { verifyPeer } from './verify-peer.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const WEB = { namespace: 'default', serviceAccount: 'web' }

function mesh(options: { seed?: string; aliases?: readonly string[] } = {}) {
  const world = rehearsedWorld({ seed: options.seed ?? 'mesh' })
  const authority = newMeshAuthority({ organization: 'cluster.local' }, world)
  const trust = { trustDomain: 'cluster.local', trustDomainAliases: options.aliases ?? [] }
  return { world, clock: world.clock, authority, identities: new Identities({ authority, trust }, world) }
}

function der(chain: string): readonly Uint8Array[] {
  return pemCertificates(chain).map((pem) => new X509Certificate(pem).raw)
}

describe('a workload’s certificate', () => {
  test('names its service account, lasts a day, and is what others believe', () => {
    const { identities, clock } = mesh()
    const { chain, uri, notAfterMs } = identities.certificate(WEB)
    expect(uri).toBe('spiffe://cluster.local/ns/default/sa/web')
    expect(notAfterMs - clock.now()).toBe(DAY_MS)
    expect(verifyPeer(der(chain), identities.bundle, clock.now())).toEqual({ uri })
  })

  test('is the same until half of its life is over, give or take a hundredth', async () => {
    const { identities, clock } = mesh()
    const first = identities.certificate(WEB)
    await clock.advance(0.49 * DAY_MS - 1)
    expect(identities.certificate(WEB)).toBe(first)
    await clock.advance(0.02 * DAY_MS + 2)
    const second = identities.certificate(WEB)
    expect(second.chain).not.toBe(first.chain)
    expect(verifyPeer(der(first.chain), identities.bundle, clock.now()).problem).toBeUndefined()
  })

  test('is not replaced at the same moment as everybody’s', () => {
    const { identities } = mesh()
    const moments = Array.from({ length: 50 }, (_, index) => {
      return identities.certificate({ namespace: 'default', serviceAccount: `a${index}` }).rotateAtMs
    })
    expect(Math.max(...moments) - Math.min(...moments)).toBeGreaterThan(0.01 * DAY_MS)
    expect(new Set(moments).size).toBe(50)
  })

  test('is refused when it has expired, and before it begins', async () => {
    const { identities, clock } = mesh()
    const { chain } = identities.certificate(WEB)
    const early = clock.now() - 3 * 60_000
    expect(verifyPeer(der(chain), identities.bundle, early).problem).toBe('certificate is not yet valid')
    await clock.advance(DAY_MS + 1_000)
    expect(verifyPeer(der(chain), identities.bundle, clock.now()).problem).toBe('certificate has expired')
  })

  test('of another mesh is refused, though it has the same name', () => {
    const { identities, clock } = mesh()
    const { chain } = mesh({ seed: 'other' }).identities.certificate(WEB)
    const { problem } = verifyPeer(der(chain), identities.bundle, clock.now())
    expect(problem).toBe('certificate signed by unknown authority')
  })

  test('is made alike by the same dice', () => {
    expect(mesh().identities.certificate(WEB)).toEqual(mesh().identities.certificate(WEB))
  })
})

describe('trust', () => {
  test('an authority’s own certificate is nobody’s', () => {
    const { identities, authority, clock } = mesh()
    const { problem } = verifyPeer(der(authority.authority.certificate), identities.bundle, clock.now())
    expect(problem).toBe('certificate does not name one workload')
  })

  test('a domain is trusted while it is an alias, and refused from when it is none', () => {
    const { identities, authority, world } = mesh({ aliases: ['old.example'] })
    const old = new Identities({ authority, trust: { trustDomain: 'old.example' } }, world)
    const shown = der(old.certificate(WEB).chain)
    expect(verifyPeer(shown, identities.bundle, world.clock.now()).uri).toBe('spiffe://old.example/ns/default/sa/web')
    identities.setTrust({ trustDomain: 'cluster.local' })
    const { problem } = verifyPeer(shown, identities.bundle, world.clock.now())
    expect(problem).toBe('trust domain old.example is not trusted')
  })

  test('a mesh moves to another authority without refusing anybody, until the old root is retired', () => {
    const { identities, authority, world } = mesh()
    const before = der(identities.certificate(WEB).chain)
    identities.replaceAuthority(newMeshAuthority({ organization: 'next' }, world))
    const after = der(identities.certificate(WEB).chain)
    const now = world.clock.now()
    expect(identities.bundle.roots).toHaveLength(2)
    for (const shown of [before, after]) expect(verifyPeer(shown, identities.bundle, now).problem).toBeUndefined()
    identities.retireRoots(authority.roots)
    expect(verifyPeer(after, identities.bundle, now).problem).toBeUndefined()
    expect(verifyPeer(before, identities.bundle, now).problem).toBe('certificate signed by unknown authority')
  })

  test('a root is followed by one of the same key when a fifth of its ten years is left', async () => {
    const { identities, authority, clock } = mesh()
    await clock.runUntil(clock.now() + 7.9 * 365 * DAY_MS)
    expect(identities.bundle.roots).toHaveLength(1)
    await clock.advance(0.2 * 365 * DAY_MS)
    expect(identities.bundle.roots).toHaveLength(2)
    const { chain } = identities.certificate(WEB)
    const onlyOld = { ...identities.bundle, roots: authority.roots.map((root) => new X509Certificate(root)) }
    expect(verifyPeer(der(chain), onlyOld, clock.now()).problem).toBeUndefined()
    expect(verifyPeer(der(chain), identities.bundle, clock.now()).problem).toBeUndefined()
  })
})
