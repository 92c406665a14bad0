import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { extractFacts } from '../../scripts/generate-api-facts.ts'
import { renderFacts } from '../../scripts/generate-api-table.ts'
import { renderTypes } from '../../scripts/generate-api-types.ts'

function committed(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
}

test('the committed table and types are what npm run generate makes from the development dependencies', () => {
  const facts = extractFacts()
  expect(renderFacts(facts)).toBe(committed('src/api/schema/builtin.generated.json'))
  expect(renderTypes(facts)).toBe(committed('src/api/types.generated.ts'))
})
