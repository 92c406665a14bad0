import { isRootDue, type IdentityWorld, type MeshAuthority, rotateRoot, withRoots } from './mesh-authority.ts'
import type { SpiffeIdentity } from './spiffe.ts'
import { type TrustBundle, type TrustConfig, trustBundle } from './trust-bundle.ts'
import { issueWorkload, type WorkloadCertificate } from './workload-certificate.ts'

/**
 * The certificates of a mesh's workloads, and what they verify each other by.
 *
 * Invariants:
 *  1. A workload's certificate is made when it is first needed, and replaced at the first need after half of its life; so
 *     nothing waits on a timer, and who does not talk costs nothing.
 *  2. A root is trusted before anything is signed by it alone, and as long as something that it signed may live.
 *  3. Contexts may be kept by the texts that they were made of: what changes, changes its text.
 */
export class Identities {
  readonly #world: IdentityWorld
  readonly #lifetimeMs: number | undefined
  readonly #certificates = new Map<string, WorkloadCertificate>()
  #authority: MeshAuthority
  #trust: TrustConfig
  #bundle: TrustBundle

  constructor(
    options: { readonly authority: MeshAuthority; readonly trust: TrustConfig; readonly lifetimeMs?: number },
    world: IdentityWorld,
  ) {
    this.#world = world
    this.#lifetimeMs = options.lifetimeMs
    this.#authority = options.authority
    this.#trust = options.trust
    this.#bundle = trustBundle(options.authority, options.trust)
  }

  get authority(): MeshAuthority {
    this.#rotateRootWhenDue()
    return this.#authority
  }

  get bundle(): TrustBundle {
    this.#rotateRootWhenDue()
    return this.#bundle
  }

  certificate(identity: Omit<SpiffeIdentity, 'trustDomain'>): WorkloadCertificate {
    this.#rotateRootWhenDue()
    const key = `${identity.namespace}/${identity.serviceAccount}`
    const kept = this.#certificates.get(key)
    if (kept !== undefined && this.#world.clock.now() < kept.rotateAtMs) return kept
    const { trustDomain } = this.#trust
    const world = { ...this.#world, ...(this.#lifetimeMs !== undefined && { lifetimeMs: this.#lifetimeMs }) }
    const fresh = issueWorkload(this.#authority, { ...identity, trustDomain }, world)
    this.#certificates.set(key, fresh)
    return fresh
  }

  /** Service accounts come and go. */
  forget(identity: Omit<SpiffeIdentity, 'trustDomain'>): void {
    this.#certificates.delete(`${identity.namespace}/${identity.serviceAccount}`)
  }

  /** From now on `authority` signs. What the last one signed stays trusted until `retireRoots`. */
  replaceAuthority(authority: MeshAuthority): void {
    this.#authority = withRoots(authority, this.#authority.roots)
    this.#certificates.clear()
    this.#bundle = trustBundle(this.#authority, this.#trust)
  }

  /** Only what the signing authority itself brought, or the configuration names, is trusted from now on. */
  retireRoots(roots: readonly string[]): void {
    this.#authority = { ...this.#authority, roots: this.#authority.roots.filter((root) => !roots.includes(root)) }
    this.#bundle = trustBundle(this.#authority, this.#trust)
  }

  /** The mesh's configuration changed. */
  setTrust(trust: TrustConfig): void {
    if (trust.trustDomain !== this.#trust.trustDomain) this.#certificates.clear()
    this.#trust = trust
    this.#bundle = trustBundle(this.#authority, trust)
  }

  #rotateRootWhenDue(): void {
    if (!isRootDue(this.#authority, this.#world.clock.now())) return
    this.#authority = rotateRoot(this.#authority, this.#world)
    this.#bundle = trustBundle(this.#authority, this.#trust)
  }
}
