import { builtinKinds } from '../src/api/kinds/builtin-kinds.ts'
import { installedCrds } from '../src/api/kinds/installed-crds.ts'
import { apiVersionOf, type Kind, VERBS } from '../src/api/kind.ts'
import { KUBERNETES_VERSION } from '../src/index.ts'

/** COMPAT.md: what of Kubernetes' API is served, from the very registry that serves it. */
export function compatPage(): string {
  const kinds = builtinKinds()
  const crds = installedCrds()
  return [
    '# What is served',
    '',
    'Made by `npm run generate` from the registry of kinds; a test keeps it in step. dabba speaks the API of Kubernetes',
    `${KUBERNETES_VERSION}. A dash in a column means that there is nothing of that sort for the kind.`,
    '',
    '- **Defaults**: missing fields are filled in as upstream does.',
    '- **Validation**: create and update are refused in upstream’s words.',
    '- **Columns**: `kubectl get` prints upstream’s columns; otherwise name and age.',
    '',
    '## Built-in kinds',
    '',
    '| API version | Kind | Scope | Verbs | Subresources | Defaults | Validation | Columns |',
    '|---|---|---|---|---|---|---|---|',
    ...kinds.map(row),
    '',
    '## Custom kinds that are there from the start',
    '',
    '| Group | Kind | Versions | Subresources |',
    '|---|---|---|---|',
    ...crds.map(({ spec }) => {
      const versions = spec.versions.filter(({ served }) => served).map(({ name }) => name)
      const subresources = new Set(spec.versions.flatMap((version) => Object.keys(version.subresources ?? {})))
      return `| ${spec.group} | ${spec.names.kind} | ${versions.join(', ')} | ${[...subresources].join(', ') || '–'} |`
    }),
    '',
    ...notServed(),
  ].join('\n')
}

function row(kind: Kind): string {
  const verbs = kind.verbs ?? VERBS
  const has = (part: unknown): string => (part === undefined ? '–' : 'yes')
  const cells = [
    apiVersionOf(kind),
    kind.kind,
    kind.namespaced ? 'namespace' : 'cluster',
    verbs.length === VERBS.length ? 'all' : verbs.join(', '),
    kind.subresources?.map(({ name }) => name).join(', ') ?? '–',
    has(kind.default),
    has(kind.validate),
    has(kind.columns),
  ]
  return `| ${cells.join(' | ')} |`
}

/** What is left out on purpose, said where readers look for it. */
function notServed(): string[] {
  return [
    '## What is not served',
    '',
    '- `exec` and `attach` answer 501: nothing runs in a simulated container that could answer. `port-forward` and `proxy` reach what speaks HTTP there.',
    '- Admission webhooks, admission policies, conversion webhooks and aggregated API servers are stored but not called.',
    '- CBOR bodies; alpha and beta versions of built-in groups.',
    '',
  ]
}
