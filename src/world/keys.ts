import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { Random } from './random.ts'

/** Where private keys come from, as a port: real ones must not be guessable, rehearsed ones must repeat. */
export interface KeySource {
  generate(): { readonly privateKey: KeyObject; readonly publicKey: KeyObject }
}

/** P-256 keys of the system's own generator. */
export const systemKeys: KeySource = {
  generate: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
}

/** PKCS #8 around the 32 bytes of an Ed25519 key (RFC 8410). */
const ED25519_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** Ed25519 keys from dice: the same dice give the same keys, and such keys sign the same text alike every time. */
export function keysFrom(random: Random): KeySource {
  return {
    generate() {
      const der = Buffer.concat([ED25519_PREFIX, random.bytes(32)])
      const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
      return { privateKey, publicKey: createPublicKey(privateKey) }
    },
  }
}
