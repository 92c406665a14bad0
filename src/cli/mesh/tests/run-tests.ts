import { readFileSync } from 'node:fs'
import { parseYamlDocuments, type YamlDocument, YamlError } from '../../../api/yaml.ts'
import { UserError } from '../../../base/user-error.ts'
import { systemReason } from '../../system-reason.ts'
import { urlText } from '../asked-request.ts'
import { explainRoute, type RouteExplanation } from '../explain-route.ts'
import type { MeshModel } from '../mesh-model.ts'
import { placeText } from '../places.ts'
import { wrong } from './fields.ts'
import type { TestOutcome } from './outcome.ts'
import { type MeshTest, readMeshTests } from './test-file.ts'
import { runValidatorTests } from './validator-file.ts'

/** All tests of a file. `configs` take the place of the files that it names. */
export function runMeshTests(file: string, configs: readonly string[]): readonly TestOutcome[] {
  const documents = documentsOf(file)
  if (documents.length === 0) throw wrong(file, 'there is nothing in it')
  return documents.flatMap((document) => {
    if (isValidatorFile(document)) return runValidatorTests(document, { file, configs })
    const { model, tests } = readMeshTests(document, { file, configs })
    return tests.map((test) => runTest(model, test, file))
  })
}

function runTest(model: MeshModel, { name, line, from, requests, expect }: MeshTest, file: string): TestOutcome {
  const failures = requests.flatMap((request) => {
    const explanation = explainRoute(model, from, request)
    const problems = expect.flatMap((check) => check(explanation) ?? [])
    if (problems.length === 0) return []
    const title = requests.length === 1 ? [] : [`${request.method} ${urlText(request)}:`]
    return [...title, ...problems, ...decidedBy(explanation)]
  })
  return { name, file, line, failures, warnings: [] }
}

function decidedBy({ rules }: RouteExplanation): readonly string[] {
  const taken = rules.find(({ verdict }) => verdict === 'taken')
  return taken === undefined ? [] : [`decided by ${taken.virtualService}, ${placeText(taken.place)}`]
}

/** Files of istio-config-validator are told by their one field. */
function isValidatorFile({ value }: YamlDocument): boolean {
  return typeof value === 'object' && value !== null && 'testCases' in value
}

function documentsOf(file: string): readonly YamlDocument[] {
  try {
    return parseYamlDocuments(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof YamlError)
      throw wrong(`${file}:${error.line ?? 1}`, error.message.replace(/^yaml: (?:line \d+: )?/, ''))
    throw new UserError('DABBA_FILE', {
      message: `Cannot read ${file}: ${systemReason(error)}`,
      hint: 'Name a file of tests: dabba test mesh tests.yml',
      cause: error,
    })
  }
}
