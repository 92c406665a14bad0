import { describe, expect, test } from 'vitest'
import type { Container, PodSpec } from '../../types.generated.ts'
import { podTemplateWarnings } from './pod-warnings.ts'

const web: Container = { name: 'web', image: 'nginx:1.29' }

function warningsOf(spec: Partial<PodSpec>, annotations: Record<string, string> = {}, field = ''): readonly string[] {
  const metadata = { name: 'a', annotations }
  return [...podTemplateWarnings({ metadata, spec: { containers: [web], ...spec } }, field)]
}

describe('a warning', () => {
  test.each<[string, Partial<PodSpec>, readonly string[]]>([
    ['nothing is wrong', {}, []],
    [
      'a node label has a newer name',
      { nodeSelector: { 'beta.kubernetes.io/os': 'linux' } },
      ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
    ],
    [
      'memory is counted in thousandths of a byte',
      { containers: [{ ...web, resources: { limits: { memory: '100m' } } }] },
      ['spec.containers[0].resources.limits[memory]: fractional byte value "100m" is invalid, must be an integer'],
    ],
    [
      'a variable hides an earlier one',
      {
        containers: [
          {
            ...web,
            env: [
              { name: 'A', value: '1' },
              { name: 'A', value: '2' },
            ],
          },
        ],
      },
      ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
    ],
    [
      'a variable builds on an earlier one',
      {
        containers: [
          {
            ...web,
            env: [
              { name: 'PATH', value: '/bin' },
              { name: 'PATH', value: '$(PATH):/opt' },
            ],
          },
        ],
      },
      [],
    ],
    [
      'two containers publish one port',
      {
        containers: [
          { ...web, ports: [{ containerPort: 80, protocol: 'TCP' }] },
          { ...web, name: 'b', ports: [{ containerPort: 80, protocol: 'TCP' }] },
        ],
      },
      ['spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]'],
    ],
    [
      'a secret is named twice',
      { imagePullSecrets: [{ name: 'a' }, { name: 'a' }, {}] },
      ['spec.imagePullSecrets[1].name: duplicate name "a"', 'spec.imagePullSecrets[2].name: invalid empty name ""'],
    ],
    [
      'a spread constraint matches nothing',
      { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule' }] },
      ['spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod'],
    ],
    [
      'a volume no longer works',
      { volumes: [{ name: 'a', glusterfs: { endpoints: 'a', path: 'b' } }] },
      ['spec.volumes[0].glusterfs: deprecated in v1.25, non-functional in v1.26+'],
    ],
    [
      'the grace is negative',
      { terminationGracePeriodSeconds: -1 },
      ['spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1'],
    ],
    [
      'a file hides a token',
      {
        volumes: [
          {
            name: 'a',
            projected: {
              sources: [
                { serviceAccountToken: { path: 'token' } },
                { secret: { name: 's', items: [{ key: 'k', path: 'token' }] } },
              ],
            },
          },
        ],
      },
      ['spec.volumes[0].projected.sources.secrets[0]: has duplicated path with ServiceAccountToken "token"'],
    ],
  ])('where %s', (_rule, spec, warnings) => {
    expect(warningsOf(spec)).toEqual(warnings)
  })

  test('names the place in a template', () => {
    const annotations = { 'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default' }
    expect(warningsOf({ terminationGracePeriodSeconds: -1 }, annotations, 'spec.template')).toEqual([
      'spec.template.metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
      'spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1',
    ])
  })
})
