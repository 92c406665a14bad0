import { createHash } from 'node:crypto'
import type { Kind } from '../kind.ts'
import type { Descriptions } from './definition.ts'
import { Definitions } from './definitions.ts'
import { documentKeys, documentV2, documentV3 } from './documents.ts'
import { openApiV2Protobuf } from './protobuf-v2.ts'

/** Bytes that are ready to be sent. `etag` is without its quotation marks. */
export interface Published {
  readonly bytes: Buffer
  readonly etag: string
}

/**
 * The OpenAPI documents of a server: each is written when it is first asked for, and again only when the kinds that it
 * is about have changed.
 *
 *     /openapi/v3                 index: apis/apps/v1 → /openapi/v3/apis/apps/v1?hash=…
 *     /openapi/v3/apis/apps/v1    document('apis/apps/v1')
 *     /openapi/v2                 one document of all, as JSON or protobuf
 */
export class OpenApi {
  readonly #definitionsV2: Definitions
  readonly #definitionsV3: Definitions
  readonly #documents = new Cache()

  /** `descriptions` is what `npm run generate` wrote, where it is there. */
  constructor(descriptions?: Descriptions) {
    this.#definitionsV2 = new Definitions(2, descriptions)
    this.#definitionsV3 = new Definitions(3, descriptions)
  }

  /** What `/openapi/v3` answers. A changed document has another hash, by which clients cache it. */
  indexV3(kinds: readonly Kind[]): Published {
    return this.#documents.get('v3', kinds, () => {
      const entries = [...documentKeys(kinds).keys()].map((key) => {
        const hash = this.documentV3(kinds, key)?.etag ?? ''
        return [key, { serverRelativeURL: `/openapi/v3/${key}?hash=${hash}` }]
      })
      return Buffer.from(JSON.stringify({ paths: Object.fromEntries(entries) as object }))
    })
  }

  /** The document of a key of the index, such as `api/v1` or `apis/apps/v1`; undefined where there is none. */
  documentV3(kinds: readonly Kind[], key: string): Published | undefined {
    const about = documentKeys(kinds).get(key)
    if (about === undefined) return undefined
    return this.#documents.get(`v3/${key}`, about, () => {
      const document = documentV3(key, { kinds: about, all: kinds, definitions: this.#definitionsV3 })
      return Buffer.from(JSON.stringify(document))
    })
  }

  documentV2(kinds: readonly Kind[], form: 'json' | 'protobuf'): Published {
    return this.#documents.get(`v2/${form}`, kinds, () => {
      const document = documentV2(kinds, this.#definitionsV2)
      return form === 'json' ? Buffer.from(JSON.stringify(document)) : openApiV2Protobuf(document)
    })
  }
}

/** One value for each name, which is made anew when the kinds behind it are others. */
class Cache {
  readonly #entries = new Map<string, { readonly kinds: readonly Kind[]; readonly published: Published }>()

  get(name: string, kinds: readonly Kind[], make: () => Buffer): Published {
    const known = this.#entries.get(name)
    if (known !== undefined && sameItems(known.kinds, kinds)) return known.published
    const bytes = make()
    const etag = createHash('sha512').update(bytes).digest('hex').toUpperCase()
    const published = { bytes, etag }
    this.#entries.set(name, { kinds, published })
    return published
  }
}

function sameItems(a: readonly Kind[], b: readonly Kind[]): boolean {
  return a.length === b.length && a.every((kind, index) => kind === b[index])
}
