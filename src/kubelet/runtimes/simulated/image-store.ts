import { createHash } from 'node:crypto'
import { qualifiedImage } from '../../images/image-name.ts'
import type { StoredImage } from '../../runtime.ts'

/** Which node has which images. */
export class ImageStore {
  /** By node, then by qualified name. */
  readonly #byNode = new Map<string, Map<string, StoredImage>>()
  /** By the name that somebody used, so that a name is taken apart once. */
  readonly #names = new Map<string, string>()
  /** By qualified name: one value however many nodes have the image. */
  readonly #described = new Map<string, StoredImage>()

  get(node: string, image: string): StoredImage | undefined {
    return this.#byNode.get(node)?.get(this.#nameOf(image))
  }

  list(node: string): readonly StoredImage[] {
    return [...(this.#byNode.get(node)?.values() ?? [])]
  }

  add(node: string, image: StoredImage): void {
    let images = this.#byNode.get(node)
    if (images === undefined) this.#byNode.set(node, (images = new Map()))
    images.set(image.name, image)
  }

  describe(image: string, sizeBytes: number): StoredImage {
    const name = this.#nameOf(image)
    const known = this.#described.get(name)
    if (known?.sizeBytes === sizeBytes) return known
    const { repository, digest } = qualifiedImage(image)
    const content = digest ?? `sha256:${createHash('sha256').update(name).digest('hex')}`
    const described = { name, id: `${repository}@${content}`, sizeBytes }
    this.#described.set(name, described)
    return described
  }

  #nameOf(image: string): string {
    let name = this.#names.get(image)
    if (name === undefined) {
      const { repository, tag, digest } = qualifiedImage(image)
      name = digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}`
      this.#names.set(image, name)
    }
    return name
  }
}
