/** A `Warning` header's value: code 299, no agent (RFC 7234). */
export function warningHeader(text: string): string {
  return `299 - "${text.replace(/[\\"]/g, (mark) => `\\${mark}`).replace(/[\r\n]+/g, ' ')}"`
}
