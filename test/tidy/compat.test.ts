import { expect, test } from 'vitest'
import { compatPage } from '../../scripts/compat.ts'
import { textOf } from './sources.ts'

test('COMPAT.md is what the registry of kinds prints', () => {
  expect(textOf('COMPAT.md')).toBe(compatPage())
})
