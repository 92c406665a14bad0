import { ANY, type RegexTree } from './matcher-tree.ts'

/**
 * Texts with gaps between them: `node-.*:9100` is "node-", a gap, ":9100". A gap has room for anything, or, where it
 * stands for `.+`, for anything but nothing.
 *
 *     texts  ['node-', ':9100']      one more than there are gaps
 *     gaps   [0]                     the least length of each
 */
export interface Pieces {
  readonly texts: readonly string[]
  readonly gaps: readonly number[]
}

/** How many alternatives may be written out: dashboards ask for every pod of a namespace by name. */
const FORMS_MAX = 10_000

/** How many forms parts that have several each may come to together. */
const COMBINATIONS_MAX = 256

/**
 * All that an expression matches, as a list of pieces; undefined when that is not possible, or too many.
 * `(a|b)-.*` comes to "a-", a gap; "b-", a gap.
 */
export function piecesOf(tree: RegexTree): readonly Pieces[] | undefined {
  return formsOf(withoutAnchors(tree))
}

/** Anchors at the ends say nothing new: the whole text has to match anyway. */
function withoutAnchors(tree: RegexTree): RegexTree {
  if (tree.type === 'choice') return { type: 'choice', options: tree.options.map(withoutAnchors) }
  if (tree.type !== 'sequence') return tree
  const parts = [...tree.parts]
  while (parts[0]?.type === 'anchor' && parts[0].side === '^') parts.shift()
  for (let last = parts.at(-1); last?.type === 'anchor' && last.side === '$'; last = parts.at(-1)) parts.pop()
  const [only] = parts
  if (parts.length === 1 && only !== undefined) return withoutAnchors(only)
  return { type: 'sequence', parts }
}

const NOTHING: Pieces = { texts: [''], gaps: [] }

function formsOf(tree: RegexTree): readonly Pieces[] | undefined {
  switch (tree.type) {
    case 'literal':
      return tree.isFolded ? undefined : [{ texts: [tree.text], gaps: [] }]
    case 'set':
      return tree.members?.map((member) => ({ texts: [member], gaps: [] }))
    case 'sequence':
      return sequenceForms(tree.parts)
    case 'choice':
      return choiceForms(tree.options)
    case 'repeat': {
      const { body, min, max } = tree
      if (body.type === 'set' && body.source === ANY && max === Infinity && min <= 1) {
        return [{ texts: ['', ''], gaps: [min] }]
      }
      if (min !== 0 || max !== 1) return undefined
      const forms = formsOf(body)
      return forms === undefined ? undefined : [NOTHING, ...forms]
    }
    case 'anchor':
      return undefined
  }
}

function choiceForms(options: readonly RegexTree[]): readonly Pieces[] | undefined {
  const all: Pieces[] = []
  for (const option of options) {
    const forms = formsOf(option)
    if (forms === undefined || all.length + forms.length > FORMS_MAX) return undefined
    all.push(...forms)
  }
  return all
}

function sequenceForms(parts: readonly RegexTree[]): readonly Pieces[] | undefined {
  let all: readonly Pieces[] = [NOTHING]
  for (const part of parts) {
    const forms = formsOf(part)
    const isCombined = forms !== undefined && all.length > 1 && forms.length > 1
    const limit = isCombined ? COMBINATIONS_MAX : FORMS_MAX
    if (forms === undefined || all.length * forms.length > limit) return undefined
    all = all.flatMap((before) => forms.map((after) => concatenated(before, after)))
  }
  return all
}

function concatenated(before: Pieces, after: Pieces): Pieces {
  const seam = (before.texts.at(-1) ?? '') + (after.texts[0] ?? '')
  const texts = [...before.texts.slice(0, -1), seam, ...after.texts.slice(1)]
  return { texts, gaps: [...before.gaps, ...after.gaps] }
}

/** What tells whether a text consists of these pieces. */
export function matcherOfPieces({ texts, gaps }: Pieces): (value: string) => boolean {
  const [first = '', ...rest] = texts
  const last = rest.pop()
  if (last === undefined) return (value) => value === first
  const least = texts.reduce((sum, text) => sum + text.length, 0) + gaps.reduce((sum, gap) => sum + gap, 0)
  if (rest.length === 0) {
    return (value) => value.length >= least && value.startsWith(first) && value.endsWith(last)
  }
  return (value) => {
    if (value.length < least || !value.startsWith(first) || !value.endsWith(last)) return false
    // Each text as early as it can be leaves most room for those behind it.
    let at = first.length
    for (const [index, text] of rest.entries()) {
      const found = value.indexOf(text, at + (gaps[index] ?? 0))
      if (found < 0) return false
      at = found + text.length
    }
    return at + (gaps.at(-1) ?? 0) <= value.length - last.length
  }
}
