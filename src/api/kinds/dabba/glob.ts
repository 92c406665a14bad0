/** Whether all of `text` fits `pattern`, in which `*` is any run of characters and `?` is one. */
export function matchesGlob(pattern: string, text: string): boolean {
  let at = 0
  let star = -1
  let starAt = 0
  let index = 0
  while (index < text.length) {
    const symbol = pattern[at]
    if (symbol === '*') {
      star = at++
      starAt = index
    } else if (symbol === '?' || symbol === text[index]) {
      at++
      index++
    } else if (star >= 0) {
      // Let the last star take one character more, and try again behind it.
      at = star + 1
      index = ++starAt
    } else {
      return false
    }
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}

/** How many characters of a pattern stand for themselves: what makes one pattern more specific than another. */
export function literalLength(pattern: string): number {
  return pattern.replaceAll(/[*?]/g, '').length
}
