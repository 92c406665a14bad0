import { validateLabelValue, validateQualifiedName } from '../../names/labels.ts'
import { nameIsDns1035Label, nameIsDnsLabel, nameIsDnsSubdomain } from '../../names/object-names.ts'
import { actualSize, CHARACTER_COST, PATTERN_CHARACTER_COST, scaled } from '../cost.ts'
import type { FunctionDeclaration, Library } from '../declarations.ts'
import { listType, optionalType, STRING, structType } from '../types.ts'
import { errorOr, listOf, NONE, opaque, Optional } from '../values.ts'
import { parseRequestUri, UrlError } from './go-url.ts'
import { NOMINAL } from './search-cost.ts'
import { stringFormat } from './string-formats.ts'

interface NamedFormat {
  readonly name: string
  problems(text: string): readonly string[]
  /** What a check may cost, as the length of a pattern. */
  readonly patternLength: number
}

const FORMAT_TYPE = structType('kubernetes.NamedFormat')
const Format = opaque<NamedFormat>({ type: FORMAT_TYPE, equal: (left, right) => left.name === right.name })

/** k8s.io/apiserver pkg/cel/limits.go */
const PATTERN_LENGTH_MAX = 128

function checked(format: string, problem: string): (text: string) => readonly string[] {
  const check = stringFormat(format)
  return (text) => (check?.(text) === true ? [] : [problem])
}

function uriProblems(text: string): readonly string[] {
  try {
    parseRequestUri(text)
    return []
  } catch (failure) {
    if (failure instanceof UrlError) return [failure.message]
    throw failure
  }
}

/** Under the name by which expressions know it. */
const FORMATS: Readonly<Record<string, NamedFormat>> = {
  dns1123Label: { name: 'DNS1123Label', problems: (text) => nameIsDnsLabel(text), patternLength: 30 },
  dns1123Subdomain: { name: 'DNS1123Subdomain', problems: (text) => nameIsDnsSubdomain(text), patternLength: 60 },
  dns1035Label: { name: 'DNS1035Label', problems: (text) => nameIsDns1035Label(text), patternLength: 30 },
  qualifiedName: { name: 'QualifiedName', problems: validateQualifiedName, patternLength: 60 },
  dns1123LabelPrefix: {
    name: 'DNS1123LabelPrefix',
    problems: (text) => nameIsDnsLabel(text, { prefix: true }),
    patternLength: 30,
  },
  dns1123SubdomainPrefix: {
    name: 'DNS1123SubdomainPrefix',
    problems: (text) => nameIsDnsSubdomain(text, { prefix: true }),
    patternLength: 60,
  },
  dns1035LabelPrefix: {
    name: 'DNS1035LabelPrefix',
    problems: (text) => nameIsDns1035Label(text, { prefix: true }),
    patternLength: 30,
  },
  labelValue: { name: 'LabelValue', problems: validateLabelValue, patternLength: 40 },
  uri: { name: 'URI', problems: uriProblems, patternLength: 1103 },
  uuid: { name: 'uuid', problems: checked('uuid', 'does not match the UUID format'), patternLength: 84 },
  byte: { name: 'byte', problems: checked('byte', 'invalid base64'), patternLength: 84 },
  date: { name: 'date', problems: checked('date', 'invalid date'), patternLength: 81 },
  datetime: { name: 'datetime', problems: checked('datetime', 'invalid datetime'), patternLength: 81 },
}

const CONSTANTS: readonly FunctionDeclaration[] = Object.entries(FORMATS).map(([name, format]) => {
  const value = Format.of(format)
  return {
    name: `format.${name}`,
    overloads: [{ id: `format.${name}`, args: [], result: FORMAT_TYPE, run: () => value }],
  }
})

/** k8s.io/apiserver pkg/cel/library/format.go */
export const FORMAT_LIBRARY: Library = {
  functions: [
    ...CONSTANTS,
    {
      ...NOMINAL,
      name: 'format.named',
      overloads: [
        {
          id: 'format-named',
          args: [STRING],
          result: optionalType(FORMAT_TYPE),
          run: (name = null) => {
            if (typeof name !== 'string') return errorOr(name)
            const format = Object.hasOwn(FORMATS, name) ? FORMATS[name] : undefined
            return format === undefined ? NONE : new Optional(Format.of(format))
          },
        },
      ],
    },
    {
      name: 'validate',
      cost: ([format = null, text = null]) => {
        const patternLength = Format.read(format)?.patternLength
        if (patternLength === undefined) return undefined
        const textCost = Math.ceil((1 + actualSize(text)) * CHARACTER_COST)
        return textCost * Math.ceil(patternLength * PATTERN_CHARACTER_COST)
      },
      estimate: ({ args: [text], sizeOf }) =>
        text === undefined
          ? undefined
          : { cost: scaled(scaled(sizeOf(text), CHARACTER_COST), PATTERN_LENGTH_MAX * PATTERN_CHARACTER_COST) },
      overloads: [
        {
          id: 'format-validate',
          member: true,
          args: [FORMAT_TYPE, STRING],
          result: optionalType(listType(STRING)),
          run: (value = null, text = null) => {
            const format = Format.read(value)
            if (format === undefined) return errorOr(value)
            if (typeof text !== 'string') return errorOr(text)
            const problems = format.problems(text)
            return problems.length === 0 ? NONE : new Optional(listOf(problems))
          },
        },
      ],
    },
  ],
}
