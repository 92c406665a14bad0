import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compatPage } from './compat.ts'

/** Writes COMPAT.md. */
writeFileSync(fileURLToPath(new URL('../COMPAT.md', import.meta.url)), compatPage())
