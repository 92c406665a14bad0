import { expect, test } from 'vitest'
import { printCauses } from '../../../../test/support/causes.ts'
import type { PodTemplateSpec } from '../../types.generated.ts'
import { defaultPodTemplate } from './default-pod-spec.ts'
import { validatePodTemplate } from './validate-pod-template.ts'

const web = { name: 'web', image: ' nginx ' }

function filled(template: PodTemplateSpec): PodTemplateSpec {
  return defaultPodTemplate(template)
}

test('a template is validated where it stands', () => {
  const template = filled({ metadata: { name: '', labels: { a: '-' } }, spec: { containers: [{ ...web, name: '' }] } })
  const [label, name] = printCauses(validatePodTemplate(template, 'spec.template'))
  expect(label).toMatch('spec.template.labels: Invalid value: "-"')
  expect(name).toBe('spec.template.spec.containers[0].name: Required value')
})

test('a valid template is looked at once for each place', () => {
  const template = filled({ spec: { containers: [web] } })
  expect(printCauses(validatePodTemplate(template, 'spec.template'))).toEqual([])
  expect(printCauses(validatePodTemplate(template, 'spec.template'))).toEqual([])
  expect(printCauses(validatePodTemplate(template, 'template'))).toEqual([])
})

test('a template has no ephemeral containers', () => {
  const template = filled({ spec: { containers: [web], ephemeralContainers: [{ name: 'debug', image: 'a' }] } })
  expect(printCauses(validatePodTemplate(template, 'template'))).toEqual([
    'template.spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in pod template',
  ])
})

test('annotations and fields for one profile agree', () => {
  const template = filled({
    metadata: { name: '', annotations: { 'container.seccomp.security.alpha.kubernetes.io/web': 'unconfined' } },
    spec: { containers: [{ ...web, securityContext: { seccompProfile: { type: 'RuntimeDefault' } } }] },
  })
  expect(printCauses(validatePodTemplate(template, 'template'))).toEqual([
    'template.spec.containers[0].securityContext.seccompProfile.type: Forbidden: seccomp type in annotation and field must match',
  ])
})

test('without a spec it lacks containers', () => {
  expect(printCauses(validatePodTemplate({}, 'template'))).toContain('template.spec.containers: Required value')
})
