import { stringify } from 'yaml'
import { PRINTING } from '../../../src/metrics/config/prometheus-config.ts'
import { RELABEL_CONFIG } from '../../../src/metrics/config/fields.ts'
import { ConfigError } from '../../../src/metrics/config/schema.ts'
import { labelsOf } from '../../../src/metrics/model/labels.ts'
import { anchoredPattern } from '../../../src/metrics/relabel/anchored-pattern.ts'
import { isLegacyTemplate, type RelabelConfig, relabelProblem } from '../../../src/metrics/relabel/relabel-config.ts'
import { relabel } from '../../../src/metrics/relabel/relabel.ts'
import { readYaml } from '../../../src/metrics/yaml/nodes.ts'
import { expectSame, type Oracle, type OracleCase } from '../oracle.ts'

export const oracle: Oracle = {
  open: () => run,
}

function run({ input, expect }: OracleCase): void {
  if ('relabel_configs' in input) return runRules(input, expect)
  if ('config_without_defaults' in input) return runValidation(input['config_without_defaults'] as Bare, expect)
  if ('target_label_legacy' in input) {
    expectSame('valid', isLegacyTemplate(String(input['target_label_legacy'])), expect['valid'])
  } else if ('yaml' in input) expectSame('yaml', printed(String(input['yaml'])), expect['yaml'])
  // JSON is YAML: the same reader, and the three fields that are always there.
  else expectSame('json', printedJson(String(input['json'])), expect['json'])
}

type Written = Record<string, unknown>

interface Bare {
  readonly name_validation_scheme?: string
  readonly regex?: string
  readonly modulus?: number
}

function runRules(input: Written, expect: Written): void {
  const rules = (input['relabel_configs'] as Written[]).map((rule) => configOf(JSON.stringify(rule)))
  const labels = relabel(labelsOf(input['labels'] as Record<string, string>), rules)
  expectSame('dropped', labels === undefined, expect['dropped'] ?? false)
  if (labels !== undefined) expectSame('labels', labels.toObject(), expect['labels'])
}

function runValidation({ name_validation_scheme: scheme, regex, modulus, ...rest }: Bare, expect: Written): void {
  const config = {
    ...rest,
    regex: anchoredPattern(regex ?? ''),
    modulus: BigInt(modulus ?? 0),
  } as unknown as RelabelConfig
  const problem = relabelProblem(config, scheme === 'legacy' ? 'legacy' : 'utf8')
  const wanted = expect['error_contains'] as string | undefined
  if (wanted === undefined) expectSame('problem', problem, undefined)
  else expectSame('problem', problem?.includes(wanted) ?? false, true)
}

function configOf(yaml: string): RelabelConfig {
  const { root } = readYaml(yaml)
  const config =
    root === undefined
      ? undefined
      : RELABEL_CONFIG.read(root, (_, message) => {
          throw new ConfigError(message)
        })
  if (config === undefined) throw new ConfigError('nothing to read')
  return config
}

function printed(yaml: string): string {
  return stringify(RELABEL_CONFIG.print(configOf(yaml)), PRINTING)
}

function printedJson(json: string): string {
  const { separator, regex, replacement } = configOf(json)
  return JSON.stringify({ separator, regex: regex.source, replacement })
}
