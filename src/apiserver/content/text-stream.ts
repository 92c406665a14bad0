/** A reply that is text as it comes, such as a pod's log. */
export class TextStream {
  readonly chunks: AsyncIterable<string>

  constructor(chunks: AsyncIterable<string>) {
    this.chunks = chunks
  }
}
