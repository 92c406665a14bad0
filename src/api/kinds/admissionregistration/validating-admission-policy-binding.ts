import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ValidatingAdmissionPolicyBinding as ValidatingAdmissionPolicyBindingObject } from '../../types.generated.ts'

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
}
