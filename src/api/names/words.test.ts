import { describe, expect, test } from 'vitest'
import {
  validateCIdentifier,
  validateConfigMapKey,
  validateEnvVarName,
  validatePercent,
  validatePortName,
  validatePortNumber,
  validateRelaxedEnvVarName,
} from './words.ts'

describe('names inside objects', () => {
  test.each([
    { check: 'port', problems: validatePortName('http-admin') },
    { check: 'port number', problems: validatePortNumber(8080) },
    { check: 'config key', problems: validateConfigMapKey('app.properties') },
    { check: 'environment variable', problems: validateEnvVarName('MY_VAR') },
    { check: 'environment variable of today', problems: validateRelaxedEnvVarName('1st var!') },
    { check: 'C identifier', problems: validateCIdentifier('_name1') },
    { check: 'percentage', problems: validatePercent('25%') },
  ])('$check', ({ problems }) => expect(problems).toEqual([]))

  test('a port name may break several rules at once', () => {
    expect(validatePortName('--80--')).toEqual([
      'must contain at least one letter (a-z)',
      'must not contain consecutive hyphens',
      'must not begin or end with a hyphen',
    ])
  })

  test('a port is between 1 and 65535', () => {
    expect(validatePortNumber(0)).toEqual(['must be between 1 and 65535, inclusive'])
  })

  test('a config key becomes a file, and must not climb', () => {
    expect(validateConfigMapKey('..')).toEqual(["must not be '..'"])
    expect(validateConfigMapKey('..data')).toEqual(["must not start with '..'"])
  })

  test('an environment variable cannot hold an equals sign', () => {
    expect(validateRelaxedEnvVarName('A=B')).toHaveLength(1)
    expect(validateRelaxedEnvVarName('')).toEqual(['environment variable name must be non-empty'])
  })
})
