import { expect, test } from 'vitest'
import { UserError } from '../base/user-error.ts'
import { command } from './command.ts'
import type { Command } from './command.ts'
import up from './commands/up.ts'
import { parseCall } from './parse.ts'

const greet = command({
  name: 'greet',
  group: 'Help',
  summary: 'Greet',
  examples: [],
  flags: {
    name: { description: 'Whom', placeholder: 'NAME', short: 'n', default: 'world' },
    with: { description: 'With what', placeholder: 'THING', repeated: true },
    loud: { description: 'Loudly' },
    output: { description: 'How', placeholder: 'FORMAT', choices: ['json', 'yaml'] },
  },
  run: () => Promise.resolve(0),
}) as unknown as Command

const DEFAULTS = { name: 'world', with: [], loud: false, output: undefined }

test.each([
  [[], DEFAULTS],
  [['--name', 'you'], { ...DEFAULTS, name: 'you' }],
  [['-n', 'you', '--loud'], { ...DEFAULTS, name: 'you', loud: true }],
  [['--name=you'], { ...DEFAULTS, name: 'you' }],
  [['--with', 'a', '--with', 'b'], { ...DEFAULTS, with: ['a', 'b'] }],
  [['--output', 'json'], { ...DEFAULTS, output: 'json' }],
])('%j', (argv, flags) => {
  expect(parseCall(greet, argv)).toEqual({ operands: [], flags, wantsHelp: false })
})

test('--help wins over whatever else is wrong with the values', () => {
  expect(parseCall(greet, ['you', '--output', 'xml', '-h']).wantsHelp).toBe(true)
})

test.each([
  [['--node', '3'], '`dabba up` has no flag --node; did you mean --nodes?'],
  [['-x'], '`dabba up` has no flag -x'],
  [['examples'], '`dabba up` takes no argument "examples"'],
  [['--nodes'], '--nodes needs a value: --nodes N'],
  [['--nodes', ''], '--nodes needs a value: --nodes N'],
  [['--nodes', '-1'], '--nodes needs a value: --nodes N'],
  [['-f', ''], '--filename needs a value: --filename PATH'],
  [['--in-memory=no'], '--in-memory takes no value'],
  [['-o', 'xml'], '--output must be one of json, yaml, not "xml"'],
])('dabba up %j', (argv, message) => {
  const parse = (): unknown => parseCall(up as unknown as Command, argv)
  expect(parse).toThrow(UserError)
  expect(parse).toThrow(message)
})
