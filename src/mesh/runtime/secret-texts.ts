import { ConfigMap } from '../../api/kinds/core/config-map.ts'
import { Secret } from '../../api/kinds/core/secret.ts'
import type { Informers } from '../../client/informers.ts'
import type { SecretLookup, SecretTexts } from '../sockets/tls/credential.ts'

/** Secrets of a cluster as texts; the same object for as long as a Secret is the same. */
export function secretTexts(informers: Informers): SecretLookup {
  const secrets = informers.of(Secret)
  const known = new WeakMap<Secret, SecretTexts>()
  return (key) => {
    const secret = secrets.get(key)
    if (secret === undefined) return undefined
    const texts = known.get(secret) ?? textsOf(secret)
    known.set(secret, texts)
    return texts
  }
}

/** ConfigMaps of a cluster, likewise. */
export function configMapTexts(informers: Informers): SecretLookup {
  const configMaps = informers.of(ConfigMap)
  return (key) => {
    const configMap = configMaps.get(key)
    return configMap === undefined ? undefined : (configMap.data ?? NO_TEXTS)
  }
}

const NO_TEXTS: SecretTexts = {}

export function textsOf({ data = {} }: Secret): SecretTexts {
  return Object.fromEntries(Object.entries(data).map(([name, text]) => [name, Buffer.from(text, 'base64').toString()]))
}
