let lastSecond = Number.NaN
let lastText = ''

/** `Sun, 06 Nov 1994 08:49:37 GMT`. What is answered in one second, and that is much, has one text. */
export function httpDate(nowMs: number): string {
  const second = Math.floor(nowMs / 1_000)
  if (second !== lastSecond) {
    lastText = new Date(nowMs).toUTCString()
    lastSecond = second
  }
  return lastText
}
