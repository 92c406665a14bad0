import { stringify } from 'yaml'
import { readYaml } from '../../../src/metrics/yaml/nodes.ts'
import { readAs, type YamlType } from '../../../src/metrics/yaml/types.ts'
import { Mismatch } from '../oracle.ts'

/** A YAML text as `type` reads it. */
export function readText<T>(text: string, type: YamlType<T>): T {
  const { root } = readYaml(text)
  if (root === undefined) throw new Mismatch('an empty text')
  return readAs(root, type)
}

/** A value in the words of YAML, as `type` reads it. */
export function readValue<T>(value: unknown, type: YamlType<T>): T {
  return readText(stringify(value), type)
}
