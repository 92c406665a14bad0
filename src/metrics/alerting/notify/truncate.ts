const MARKER = '…'

/** At most so many characters, the last of which shows that there were more. */
export function truncateInRunes(text: string, countMax: number): { text: string; isCut: boolean } {
  const runes = Array.from(text)
  if (runes.length <= countMax) return { text, isCut: false }
  if (countMax <= 3) return { text: runes.slice(0, countMax).join(''), isCut: true }
  return { text: runes.slice(0, countMax - 1).join('') + MARKER, isCut: true }
}

/** At most so many bytes; no character is cut in two. */
export function truncateInBytes(text: string, sizeMax: number): { text: string; isCut: boolean } {
  if (Buffer.byteLength(text) <= sizeMax) return { text, isCut: false }
  const markerSize = Buffer.byteLength(MARKER)
  if (sizeMax <= markerSize) return { text: sizeMax === markerSize ? MARKER : '.'.repeat(sizeMax), isCut: true }
  let kept = ''
  for (const rune of text) {
    if (Buffer.byteLength(kept + rune) > sizeMax - markerSize) break
    kept += rune
  }
  return { text: kept + MARKER, isCut: true }
}
