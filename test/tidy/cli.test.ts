import { expect, test } from 'vitest'
import { cliPage } from '../../scripts/cli-page.ts'
import { textOf } from './sources.ts'

test('docs/cli.md is what the commands print', async () => {
  expect(textOf('docs/cli.md')).toBe(await cliPage())
})
