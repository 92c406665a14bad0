import { describe, expect, test } from 'vitest'
import { error, listedError, printErrors, warning } from './problem.ts'

describe('errors as one text', () => {
  test('a single one stands as it is', () => {
    expect(printErrors([error('no host'), warning('odd')])).toBe('no host')
  })

  test('several are a list, of which tabs and newlines are a part', () => {
    expect(printErrors([error('no host'), error('no port')])).toBe('2 errors occurred:\n\t* no host\n\t* no port\n\n')
  })

  test('a single one that upstream lists is a list of one', () => {
    expect(printErrors([listedError('no host')])).toBe('1 error occurred:\n\t* no host\n\n')
  })

  test('warnings are none', () => {
    expect(printErrors([warning('odd')])).toBeUndefined()
  })
})
