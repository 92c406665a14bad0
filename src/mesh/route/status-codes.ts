/** The status codes that have a name: RFC 9110 and the registry of IANA. */
export const STATUS_CODES: ReadonlySet<number> = new Set([
  ...between(100, 103),
  ...between(200, 208),
  226,
  ...between(300, 305),
  307,
  308,
  ...between(400, 418),
  ...between(421, 426),
  428,
  429,
  431,
  451,
  ...between(500, 508),
  510,
  511,
])

function between(first: number, last: number): readonly number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
