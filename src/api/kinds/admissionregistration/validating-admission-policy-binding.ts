import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn, UNSET } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type {
  LabelSelector,
  ParamRef,
  ValidatingAdmissionPolicyBinding as ValidatingAdmissionPolicyBindingObject,
} from '../../types.generated.ts'
import { sortedMap } from '../strategy/sorted-map.ts'
import { defaultMatchResources } from './admission-defaults.ts'
import { validatePolicyBinding } from './validate-policy-binding.ts'

export type ValidatingAdmissionPolicyBinding = ValidatingAdmissionPolicyBindingObject

export const ValidatingAdmissionPolicyBinding: Kind<ValidatingAdmissionPolicyBinding> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  plural: 'validatingadmissionpolicybindings',
  singular: 'validatingadmissionpolicybinding',
  namespaced: false,
  categories: ['api-extensions'],
  schema: () => builtinSchema('io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicyBinding'),

  default: withDefaults,
  validate: validatePolicyBinding,
  columns: [
    nameColumn(),
    {
      name: 'PolicyName',
      type: 'string',
      description: 'The policy that it puts into force.',
      cell: ({ spec }) => spec.policyName,
    },
    {
      name: 'ParamRef',
      type: 'string',
      description: 'The objects that parameterize the policy.',
      cell: ({ spec }) => printParamRef(spec.paramRef ?? {}),
    },
    ageColumn(),
  ],
}

function withDefaults(binding: ValidatingAdmissionPolicyBinding): ValidatingAdmissionPolicyBinding {
  const { matchResources } = binding.spec
  if (matchResources === undefined) return binding
  const spec = changed(binding.spec, { matchResources: defaultMatchResources(matchResources) })
  return changed(binding, { spec })
}

/** Whether parameters have a namespace cannot be told from here: without one, a star stands for it. */
function printParamRef({ name = '', namespace = '', selector }: ParamRef): string {
  if (name !== '') return `${namespace === '' ? '*' : namespace}/${name}`
  return selector === undefined ? UNSET : printSelectorAsGo(selector)
}

/** As upstream's generated code prints a selector, which is not how tables show selectors elsewhere. */
function printSelectorAsGo({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(sortedMap(matchLabels) ?? {}).map(([key, value]) => `${key}: ${value},`)
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  const [map, list] = [labels.join(''), expressions.join('')]
  return `&LabelSelector{MatchLabels:map[string]string{${map}},MatchExpressions:[]LabelSelectorRequirement{${list}},}`
}
