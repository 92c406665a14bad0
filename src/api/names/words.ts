import { DNS_1123_SUBDOMAIN_LENGTH_MAX } from './dns.ts'
import {
  EMPTY_MESSAGE,
  inclusiveRangeMessage,
  isLongerThan,
  maxCharactersMessage,
  NO_PROBLEMS,
  patternMessage,
} from './messages.ts'

/** Names other than DNS names: k8s.io/apimachinery pkg/util/validation/validation.go. Each returns what is wrong. */
const PORT_NAME_LENGTH_MAX = 15
const PORT_NUMBER_MAX = 65535
/** Users and groups have numbers from 0 to this. */
const USER_ID_MAX = 2 ** 31 - 1

const C_IDENTIFIER = '[A-Za-z_][A-Za-z0-9_]*'
const ENV_VAR_NAME = '[-._a-zA-Z][-._a-zA-Z0-9]*'
const CONFIG_MAP_KEY = '[-._a-zA-Z0-9]+'
const PERCENT = '[0-9]+%'
const HTTP_HEADER_NAME = '[-A-Za-z0-9]+'

const C_IDENTIFIER_REGEXP = new RegExp(`^${C_IDENTIFIER}$`)
const ENV_VAR_NAME_REGEXP = new RegExp(`^${ENV_VAR_NAME}$`)
const CONFIG_MAP_KEY_REGEXP = new RegExp(`^${CONFIG_MAP_KEY}$`)
const PERCENT_REGEXP = new RegExp(`^${PERCENT}$`)
const HTTP_HEADER_NAME_REGEXP = new RegExp(`^${HTTP_HEADER_NAME}$`)
const PRINTABLE_WITHOUT_EQUALS_REGEXP = /^[ -<>-~]*$/

const C_IDENTIFIER_RULE =
  "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'"
const ENV_VAR_NAME_RULE =
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit"
const RELAXED_ENV_VAR_NAME_RULE =
  "a valid environment variable name must consist only of printable ASCII characters other than '='"
const CONFIG_MAP_KEY_RULE = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
const PERCENT_RULE = "a valid percent string must be a numeric string followed by an ending '%'"
const HTTP_HEADER_NAME_RULE = "a valid HTTP header must consist of alphanumeric characters or '-'"

export function validateCIdentifier(value: string): readonly string[] {
  if (C_IDENTIFIER_REGEXP.test(value)) return NO_PROBLEMS
  return [patternMessage(C_IDENTIFIER_RULE, C_IDENTIFIER, 'my_name', 'MY_NAME', 'MyName')]
}

/** The strict rule. The API server has applied the relaxed one since 1.34. */
export function validateEnvVarName(value: string): readonly string[] {
  const malformed = !ENV_VAR_NAME_REGEXP.test(value)
  const examples = ['my.env-name', 'MY_ENV.NAME', 'MyEnvName1']
  return [...(malformed ? [patternMessage(ENV_VAR_NAME_RULE, ENV_VAR_NAME, ...examples)] : []), ...climbsFolders(value)]
}

export function validateRelaxedEnvVarName(value: string): readonly string[] {
  if (value === '') return [`environment variable name ${EMPTY_MESSAGE}`]
  return PRINTABLE_WITHOUT_EQUALS_REGEXP.test(value) ? NO_PROBLEMS : [RELAXED_ENV_VAR_NAME_RULE]
}

/** Also the keys of Secrets. */
export function validateConfigMapKey(value: string): readonly string[] {
  const tooLong = isLongerThan(value, DNS_1123_SUBDOMAIN_LENGTH_MAX)
  const malformed = !CONFIG_MAP_KEY_REGEXP.test(value)
  return [
    ...(tooLong ? [maxCharactersMessage(DNS_1123_SUBDOMAIN_LENGTH_MAX)] : []),
    ...(malformed ? [patternMessage(CONFIG_MAP_KEY_RULE, CONFIG_MAP_KEY, 'key.name', 'KEY_NAME', 'key-name')] : []),
    ...climbsFolders(value),
  ]
}

export function validatePortName(value: string): readonly string[] {
  const problems: string[] = []
  if (isLongerThan(value, PORT_NAME_LENGTH_MAX)) problems.push(maxCharactersMessage(PORT_NAME_LENGTH_MAX))
  if (!/^[-a-z0-9]+$/.test(value)) {
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  }
  if (!/[a-z]/.test(value)) problems.push('must contain at least one letter (a-z)')
  if (value.includes('--')) problems.push('must not contain consecutive hyphens')
  if (value.startsWith('-') || value.endsWith('-')) problems.push('must not begin or end with a hyphen')
  return problems
}

export function validatePortNumber(value: number): readonly string[] {
  return validateInRange(value, { min: 1, max: PORT_NUMBER_MAX })
}

export function validateUserId(value: number): readonly string[] {
  return validateInRange(value, { min: 0, max: USER_ID_MAX })
}

export function validateGroupId(value: number): readonly string[] {
  return validateInRange(value, { min: 0, max: USER_ID_MAX })
}

export function validateInRange(value: number, { min, max }: { min: number; max: number }): readonly string[] {
  return value >= min && value <= max ? NO_PROBLEMS : [inclusiveRangeMessage(min, max)]
}

export function validatePercent(value: string): readonly string[] {
  return PERCENT_REGEXP.test(value) ? NO_PROBLEMS : [patternMessage(PERCENT_RULE, PERCENT, '1%', '93%')]
}

export function validateHttpHeaderName(value: string): readonly string[] {
  if (HTTP_HEADER_NAME_REGEXP.test(value)) return NO_PROBLEMS
  return [patternMessage(HTTP_HEADER_NAME_RULE, HTTP_HEADER_NAME, 'X-Header-Name')]
}

function climbsFolders(value: string): readonly string[] {
  if (value === '.') return ["must not be '.'"]
  if (value === '..') return ["must not be '..'"]
  return value.startsWith('..') ? ["must not start with '..'"] : NO_PROBLEMS
}
