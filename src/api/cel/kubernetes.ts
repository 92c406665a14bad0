import { Environment } from './declarations.ts'
import { AUTHORIZER_LIBRARY } from './library/authorizer.ts'
import { FORMAT_LIBRARY } from './library/formats.ts'
import { LIST_LIBRARY } from './library/lists.ts'
import { NET_LIBRARY } from './library/net.ts'
import { OPTIONAL_LIBRARY, TWO_VARIABLE_LIBRARY } from './library/optionals.ts'
import { QUANTITY_LIBRARY } from './library/quantities.ts'
import { REGEX_LIBRARY } from './library/regex.ts'
import { SEMVER_LIBRARY } from './library/semver.ts'
import { SET_LIBRARY } from './library/sets.ts'
import { STANDARD_LIBRARY } from './library/standard.ts'
import { STRING_LIBRARY } from './library/strings.ts'
import { URL_LIBRARY } from './library/urls.ts'

/** All that expressions in Kubernetes objects may use, without variables: k8s.io/apiserver pkg/cel/environment/base.go. */
export const KUBERNETES_ENVIRONMENT: Environment = Environment.of([
  STANDARD_LIBRARY,
  URL_LIBRARY,
  REGEX_LIBRARY,
  AUTHORIZER_LIBRARY,
  OPTIONAL_LIBRARY,
  QUANTITY_LIBRARY,
  STRING_LIBRARY,
  SET_LIBRARY,
  NET_LIBRARY,
  FORMAT_LIBRARY,
  TWO_VARIABLE_LIBRARY,
  SEMVER_LIBRARY,
  LIST_LIBRARY,
])

/** What one evaluation may cost, and all those of one object together: k8s.io/apiserver pkg/apis/cel/config.go. */
export const CALL_COST_MAX = 1_000_000
export const OBJECT_COST_MAX = 10_000_000
export const REQUEST_SIZE_MAX_BYTES = 3 * 1024 * 1024
export const MESSAGE_SIZE_MAX_BYTES = 5 * 1024
