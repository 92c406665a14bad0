import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { extractDescriptions, extractFacts } from './generate-api-facts.ts'
import { renderFacts } from './generate-api-table.ts'
import { renderTypes } from './generate-api-types.ts'

/**
 * Writes what the program knows about the built-in API: the table of facts and the TypeScript types, which are
 * committed, and the descriptions, which are not: they are upstream's sentences.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const facts = extractFacts()
writeFileSync(`${root}/src/api/schema/builtin.generated.json`, renderFacts(facts))
writeFileSync(`${root}/src/api/types.generated.ts`, renderTypes(facts))
mkdirSync(`${root}/generated`, { recursive: true })
writeFileSync(`${root}/generated/descriptions.json`, JSON.stringify(extractDescriptions(facts)))
