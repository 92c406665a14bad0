import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Kind } from '../../../src/api/kind.ts'
import { kindsOf } from '../../../src/api/kinds/apiextensions/custom-kind.ts'
import { unpackCrds } from '../../../src/api/kinds/crd-bundle.ts'
import { istioCrds } from '../../../src/api/kinds/istio/crds.ts'
import type { ApiObject } from '../../../src/api/object.ts'
import { pruneUnknown } from '../../../src/api/schema/prune.ts'
import { parseYamlDocuments } from '../../../src/api/yaml.ts'
import { Mismatch, type Oracle, type OracleCase } from '../oracle.ts'

/** crd-validation/index.json: what the definitions' schemas, and the rules in them, refuse. */
export const oracle: Oracle = {
  open(_document, folder) {
    const kinds = unpackCrds(istioCrds).flatMap(kindsOf)
    return (oracleCase) => run(oracleCase, { kinds, folder })
  },
}

interface Setting {
  readonly kinds: readonly Kind[]
  readonly folder: string
}

function run({ input, expect, ...rest }: OracleCase, { kinds, folder }: Setting): void {
  const [file = ''] = (rest as unknown as { readonly config: readonly string[] }).config
  const documents = parseYamlDocuments(readFileSync(join(folder, file), 'utf8'))
  const object = documents.map(({ value }) => value).filter((value) => value !== null)[Number(input['document'])]
  const { _err: _expected, ...submitted } = object as ApiObject & { readonly _err?: string }
  const kind = kinds.find(
    ({ group, version, kind: name }) => `${group}/${version}` === submitted.apiVersion && name === submitted.kind,
  )
  if (kind === undefined) throw new Mismatch(`no kind ${submitted.apiVersion} ${submitted.kind}`)
  const errors = errorsOf(kind, { ...submitted, metadata: { namespace: 'default', ...submitted.metadata } })
  if ((expect['valid'] === true) !== (errors.length === 0)) {
    throw new Mismatch(`want ${expect['valid'] === true ? 'no' : 'an'} error, got ${JSON.stringify(errors)}`)
  }
  const part = withoutValue((expect['errorContains'] as string | undefined) ?? '')
  if (!errors.map(withoutValue).join('\n').includes(part)) throw new Mismatch(`want ${part}, got ${errors.join('\n')}`)
}

/** The release that the errors are from said a value's type where later ones say the value, or nothing. */
function withoutValue(error: string): string {
  return error.replace(/Invalid value: (?:"(?:object|integer|string|array)"|\d+): /, 'Invalid value: ')
}

function errorsOf(kind: Kind, object: ApiObject): readonly string[] {
  const { value, unknownFields } = pruneUnknown(object, kind.schema(), { isRoot: true })
  const complete = kind.default?.(value as ApiObject) ?? (value as ApiObject)
  const causes = [...(kind.validate?.(complete) ?? [])].map(({ field, message }) => `${field}: ${message}`)
  return [...unknownFields.map((field) => `unknown field ${field}`), ...causes]
}
