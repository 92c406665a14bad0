import { describe, expect, test } from 'vitest'
import type { CustomResourceDefinition } from '../types.generated.ts'
import { defaultDefinition } from './apiextensions/default-definition.ts'
import { validateDefinition } from './apiextensions/validate-definition.ts'
import { unpackCrds } from './crd-bundle.ts'
import { installedCrds } from './installed-crds.ts'

const crds = installedCrds()

describe('unpackCrds', () => {
  test('a shared schema is one object, wherever it is referred to', () => {
    const [crd] = unpackCrds({
      shared: {
        labels: { type: 'object', additionalProperties: { $shared: 'text' } },
        text: { type: 'string' },
      },
      crds: [
        {
          metadata: { name: 'a' },
          spec: { one: { $shared: 'labels' }, two: [{ $shared: 'labels' }, { $shared: 'text' }] },
        },
      ],
    })
    const spec = crd?.spec as unknown as { one: { additionalProperties: unknown }; two: unknown[] }
    expect(spec.one).toEqual({ type: 'object', additionalProperties: { type: 'string' } })
    expect(spec.two[0]).toBe(spec.one)
    expect(spec.two[1]).toBe(spec.one.additionalProperties)
  })
})

describe('the definitions that every platform has', () => {
  const served = (crd: CustomResourceDefinition): string => {
    const versions = crd.spec.versions.filter((version) => version.served).map((version) => version.name)
    return `${crd.spec.group} ${crd.spec.names.kind} ${versions.join(',')}`
  }

  test('are these kinds, in these versions', () => {
    expect(crds.map(served)).toMatchInlineSnapshot(`
      [
        "security.istio.io AuthorizationPolicy v1,v1beta1",
        "networking.istio.io DestinationRule v1,v1alpha3,v1beta1",
        "networking.istio.io EnvoyFilter v1alpha3",
        "networking.istio.io Gateway v1,v1alpha3,v1beta1",
        "install.istio.io IstioOperator v1alpha1",
        "security.istio.io PeerAuthentication v1,v1beta1",
        "networking.istio.io ProxyConfig v1beta1",
        "security.istio.io RequestAuthentication v1,v1beta1",
        "networking.istio.io ServiceEntry v1,v1alpha3,v1beta1",
        "networking.istio.io Sidecar v1,v1alpha3,v1beta1",
        "telemetry.istio.io Telemetry v1,v1alpha1",
        "extensions.istio.io TrafficExtension v1alpha1",
        "networking.istio.io VirtualService v1,v1alpha3,v1beta1",
        "extensions.istio.io WasmPlugin v1alpha1",
        "networking.istio.io WorkloadEntry v1,v1alpha3,v1beta1",
        "networking.istio.io WorkloadGroup v1,v1alpha3,v1beta1",
        "argoproj.io AnalysisRun v1alpha1",
        "argoproj.io AnalysisTemplate v1alpha1",
        "argoproj.io ClusterAnalysisTemplate v1alpha1",
        "argoproj.io Experiment v1alpha1",
        "argoproj.io Rollout v1alpha1",
        "dabba.dev WorkloadModel v1alpha1",
      ]
    `)
  })

  test.each(crds.map((crd) => ({ name: crd.metadata.name, crd })))(
    '$name is named and stored as it must be',
    ({ name, crd }) => {
      expect(name).toBe(`${crd.spec.names.plural}.${crd.spec.group}`)
      expect(crd.spec.versions.filter((version) => version.storage)).toHaveLength(1)
      for (const version of crd.spec.versions) expect(version.schema?.openAPIV3Schema?.type).toBe('object')
      expect(JSON.stringify(crd)).not.toContain('$shared')
    },
  )

  test.each(crds.map((crd) => ({ name: crd.metadata.name, crd })))('$name is valid', ({ crd }) => {
    expect([...validateDefinition(defaultDefinition(crd))]).toEqual([])
  })

  test('no two of a group share a name', () => {
    const names = crds.flatMap(
      ({
        spec: {
          group,
          names: { plural, singular = '', shortNames = [] },
        },
      }) => [...new Set([plural, singular, ...shortNames])].map((name) => `${group}/${name}`),
    )
    expect(names).toHaveLength(new Set(names).size)
  })

  test('a Rollout scales', () => {
    const rollout = crds.find((crd) => crd.spec.names.kind === 'Rollout')
    expect(rollout?.spec.versions[0]?.subresources?.scale).toEqual({
      specReplicasPath: '.spec.replicas',
      statusReplicasPath: '.status.HPAReplicas',
      labelSelectorPath: '.status.selector',
    })
  })
})
