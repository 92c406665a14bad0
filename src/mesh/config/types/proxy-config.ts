import type { ApiObject } from '../../../api/object.ts'
import { isObject, type JsonObject } from '../../../api/patch/json-value.ts'
import { parseYaml, YamlError } from '../../../api/yaml.ts'

/** networking.istio.io ProxyConfig. */
export interface ProxyConfig extends ApiObject {
  readonly spec?: {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
    readonly environmentVariables?: Readonly<Record<string, string>>
  }
}

type Annotations = Readonly<Record<string, string>>

/** Where a pod says it for its own proxy. */
export const PROXY_CONFIG_ANNOTATION = 'proxy.istio.io/config'
const NOTHING: JsonObject = {}
/** Pods of one template have the same annotations. */
const READ = new WeakMap<Annotations, JsonObject>()

/** What a pod says of its own proxy, in YAML or JSON. What cannot be read says nothing. */
export function ownProxyConfig(annotations: Annotations | undefined): JsonObject {
  const text = annotations?.[PROXY_CONFIG_ANNOTATION]
  if (annotations === undefined || text === undefined) return NOTHING
  const known = READ.get(annotations)
  if (known !== undefined) return known
  const read = readProxyConfig(text)
  READ.set(annotations, read)
  return read
}

function readProxyConfig(text: string): JsonObject {
  try {
    const { value } = parseYaml(text)
    return isObject(value) ? value : NOTHING
  } catch (error) {
    if (error instanceof YamlError) return NOTHING
    throw error
  }
}
