import { existsSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ROOT, sources, textOf } from './sources.ts'

test('every error code has a page in docs/errors, and every page a code', () => {
  const codes = new Set(
    sources('src').flatMap((file) => textOf(file).match(/(?<=UserError\(\s*)'DABBA_[A-Z_]+'/g) ?? []),
  )
  const named = [...codes].map((code) => code.slice(1, -1)).sort()
  const folder = `${ROOT}/docs/errors`
  const pages = existsSync(folder) ? readdirSync(folder).map((page) => page.replace(/\.md$/, '')) : []
  expect(pages.sort()).toEqual(named)
})
