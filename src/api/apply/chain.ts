/**
 * What came of sequences of steps that come again and again, such as the fields of the pods of one template:
 *
 *     start --f:name {}--> · --f:image {}--> ·   result: { 'f:image': {}, 'f:name': {} }
 *
 * A sequence that was taken before costs a comparison a step, and its result is the very object of the last time.
 * Like the hidden classes of V8, by which objects that were built in the same steps share their layout.
 */
export class Chains<Child extends object, Result> {
  readonly #memory: Memory<Child, Result>

  /** `make` gives the result of a new sequence. After `linksMax` steps all are forgotten, and learnt anew. */
  constructor(options: { linksMax: number; make: (links: readonly Link<Child, Result>[]) => Result }) {
    this.#memory = { ...options, count: 0, start: undefined }
  }

  start(): Link<Child, Result> {
    const memory = this.#memory
    if (memory.start === undefined || memory.count > memory.linksMax) {
      memory.start = new Link<Child, Result>(memory)
      memory.count = 0
    }
    return memory.start
  }
}

interface Memory<Child extends object, Result> {
  readonly linksMax: number
  readonly make: (links: readonly Link<Child, Result>[]) => Result
  count: number
  start: Link<Child, Result> | undefined
}

export class Link<Child extends object, Result> {
  readonly #memory: Memory<Child, Result>
  readonly previous: Link<Child, Result> | undefined
  readonly element: string
  readonly child: Child | undefined
  #result: Result | undefined
  /** Most links are followed by always the same one; a map is made for steps with other elements. */
  #usual: Link<Child, Result> | undefined
  #others: Map<string, Link<Child, Result>> | undefined
  /** Links that differ from this one, the first with its element, in nothing but the child. */
  #twins: Map<Child, Link<Child, Result>> | undefined

  constructor(memory: Memory<Child, Result>, previous?: Link<Child, Result>, element = '', child?: Child) {
    this.#memory = memory
    this.previous = previous
    this.element = element
    this.child = child
  }

  /** The sequence with one more step. */
  next(element: string, child: Child): Link<Child, Result> {
    const usual = this.#usual
    if (usual === undefined) return (this.#usual = this.#make(element, child))
    if (usual.element === element) return usual.child === child ? usual : this.#twinOf(usual, child)
    const first = this.#others?.get(element)
    if (first !== undefined) return first.child === child ? first : this.#twinOf(first, child)
    const link = this.#make(element, child)
    this.#others ??= new Map()
    this.#others.set(element, link)
    return link
  }

  result(): Result {
    return (this.#result ??= this.#memory.make(linksTo(this)))
  }

  #twinOf(first: Link<Child, Result>, child: Child): Link<Child, Result> {
    first.#twins ??= new Map()
    let twin = first.#twins.get(child)
    if (twin === undefined) first.#twins.set(child, (twin = this.#make(first.element, child)))
    return twin
  }

  #make(element: string, child: Child): Link<Child, Result> {
    this.#memory.count++
    return new Link(this.#memory, this, element, child)
  }
}

/** The links of a sequence, the first step first. */
function linksTo<Child extends object, Result>(last: Link<Child, Result>): readonly Link<Child, Result>[] {
  const links: Link<Child, Result>[] = []
  for (let link = last; link.previous !== undefined; link = link.previous) links.push(link)
  return links.reverse()
}
