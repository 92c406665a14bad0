/** A piece of a layout of Go's: a field of the time, or text that stands for itself. */
export type LayoutPart = { readonly field: LayoutField } | { readonly literal: string }

export type LayoutField =
  | 'January'
  | 'Jan'
  | '1'
  | '01'
  | 'Monday'
  | 'Mon'
  | '2'
  | '_2'
  | '02'
  | '__2'
  | '002'
  | '15'
  | '3'
  | '03'
  | '4'
  | '04'
  | '5'
  | '05'
  | '2006'
  | '06'
  | 'PM'
  | 'pm'
  | 'MST'
  | 'Z0700'
  | 'Z070000'
  | 'Z07'
  | 'Z07:00'
  | 'Z07:00:00'
  | '-0700'
  | '-070000'
  | '-07'
  | '-07:00'
  | '-07:00:00'
  | `${'.' | ','}${string}`

/** Fields as they are written in a layout, those first that begin with another one (time/format.go nextStdChunk). */
const FIELDS =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07|__2|002|_2(?!006)|01|02|03|04|05|06|15|PM|pm|[.,]0+(?!\d)|[.,]9+(?!\d)|1|2|3|4|5/g

/** A layout such as `2006-01-02 15:04:05` in its parts. */
export function layoutParts(layout: string): readonly LayoutPart[] {
  const parts: LayoutPart[] = []
  let last = 0
  for (const match of layout.matchAll(FIELDS)) {
    if (match.index > last) parts.push({ literal: layout.slice(last, match.index) })
    parts.push({ field: match[0] as LayoutField })
    last = match.index + match[0].length
  }
  if (last < layout.length) parts.push({ literal: layout.slice(last) })
  return parts
}

export const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
