import { changed } from '../../../base/copy-on-write.ts'
import { ageColumn, nameColumn, UNSET } from '../../columns/common-columns.ts'
import type { Kind } from '../../kind.ts'
import { builtinSchema } from '../../schema/builtin.ts'
import type { ValidatingAdmissionPolicy as ValidatingAdmissionPolicyObject } from '../../types.generated.ts'
import { keepStatus } from '../strategy/keep-status.ts'
import { defaultMatchResources, FAILURE_POLICY_DEFAULT } from './admission-defaults.ts'
import { validatePolicy, validatePolicyStatus } from './validate-policy.ts'

export type ValidatingAdmissionPolicy = ValidatingAdmissionPolicyObject

export const ValidatingAdmissionPolicy: Kind<ValidatingAdmissionPolicy> = {
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  kind: 'ValidatingAdmissionPolicy',
  plural: 'validatingadmissionpolicies',
  singular: 'validatingadmissionpolicy',
  namespaced: false,
  categories: ['api-extensions'],
  subresources: [{ name: 'status', verbs: ['get', 'patch', 'update'] }],
  schema: () => builtinSchema('io.k8s.api.admissionregistration.v1.ValidatingAdmissionPolicy'),

  default: withDefaults,
  prepareForCreate: (policy) => ({ ...policy, status: {} }),
  prepareForUpdate: keepStatus,
  validate: validatePolicy,
  statusKeeps: 'metadata',
  validateStatus: validatePolicyStatus,
  columns: [
    nameColumn(),
    {
      name: 'Validations',
      type: 'integer',
      description: 'How many rules it has.',
      cell: ({ spec }) => spec.validations?.length ?? 0,
    },
    {
      name: 'ParamKind',
      type: 'string',
      description: 'The kind of the objects that parameterize it.',
      cell: ({ spec: { paramKind } }) =>
        paramKind === undefined ? UNSET : `${paramKind.apiVersion ?? ''}/${paramKind.kind ?? ''}`,
    },
    ageColumn(),
  ],
}

function withDefaults(policy: ValidatingAdmissionPolicy): ValidatingAdmissionPolicy {
  const { failurePolicy = FAILURE_POLICY_DEFAULT, matchConstraints } = policy.spec
  const spec = changed(policy.spec, {
    failurePolicy,
    matchConstraints: matchConstraints === undefined ? undefined : defaultMatchResources(matchConstraints),
  })
  return changed(policy, { spec })
}
