import type { DefinitionFacts, Facts } from '../src/api/schema/facts.ts'

/** The table as JSON with one line for each field, so that a change of one field is a change of one line. */
export function renderFacts(facts: Facts): string {
  const scopes = Object.entries(facts).map(([scope, definitions]) => {
    const lines = Object.entries(definitions).map(([name, definition]) => renderDefinition(name, definition))
    return `"${scope}":{\n${lines.join(',\n')}}`
  })
  return `{\n${scopes.join(',\n')}}\n`
}

function renderDefinition(name: string, { fields, ...about }: DefinitionFacts): string {
  const lines = Object.entries(fields).map(([field, facts]) => `  ${JSON.stringify(field)}:${JSON.stringify(facts)}`)
  const rest = JSON.stringify(about).slice(1, -1)
  return ` "${name}":{${rest}${rest === '' ? '' : ','}"fields":{${lines.length === 0 ? '' : '\n'}${lines.join(',\n')}}}`
}
