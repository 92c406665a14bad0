import type { Cause } from '../../../src/api/errors.ts'
import * as dns from '../../../src/api/names/dns.ts'
import * as domains from '../../../src/api/names/domains.ts'
import * as ip from '../../../src/api/names/ip.ts'
import * as labels from '../../../src/api/names/labels.ts'
import * as words from '../../../src/api/names/words.ts'
import { expectSame, Mismatch, type OracleCase } from '../oracle.ts'

type Check = (value: string) => readonly string[]

const CHECKS: Readonly<Record<string, Check>> = {
  isDNS1123Label: dns.validateDns1123Label,
  isDNS1123Subdomain: dns.validateDns1123Subdomain,
  isDNS1123SubdomainWithUnderscore: dns.validateDns1123SubdomainWithUnderscore,
  isDNS1035Label: dns.validateDns1035Label,
  isWildcardDNS1123Subdomain: dns.validateWildcardDns1123Subdomain,
  isQualifiedName: labels.validateQualifiedName,
  isValidLabelValue: labels.validateLabelValue,
  isValidPortName: words.validatePortName,
  isHTTPHeaderName: words.validateHttpHeaderName,
  isValidPercent: words.validatePercent,
  isConfigMapKey: words.validateConfigMapKey,
  isRelaxedEnvVarName: words.validateRelaxedEnvVarName,
  isFullyQualifiedName: inField(domains.validateFullyQualifiedName),
  isFullyQualifiedDomainName: inField(domains.validateFullyQualifiedDomainName),
  isDomainPrefixedPath: inField(domains.validateDomainPrefixedPath),
  isDomainPrefixedKey: inField(domains.validateDomainPrefixedKey),
  isValidIP: inField(ip.validateIp),
  isValidCIDR: inField(ip.validateCidr),
  isValidInterfaceAddress: inField(ip.validateInterfaceAddress),
}

const LEGACY_CHECKS: Readonly<Record<string, (value: string, strict: boolean) => readonly string[]>> = {
  isValidIP: (value, strict) => messagesOf(ip.validateLegacyIp(value, 'field', { strict })),
  isValidCIDR: (value, strict) => messagesOf(ip.validateLegacyCidr(value, 'field', { strict })),
}

const WARNINGS: Readonly<Record<string, Check>> = {
  getWarningsForIP: (value) => ip.warningsForIp(value, 'field'),
  getWarningsForCIDR: (value) => ip.warningsForCidr(value, 'field'),
}

export function runName(name: string, { input, expect }: OracleCase): void {
  const value = String(input['value'])
  const warnings = WARNINGS[name]
  if (warnings !== undefined) return expectSame('warnings', warnings(value), expect['warnings'])

  expectVerdict(checkOf(name, input), expect['valid'], expect['messageContains'])
  const legacy = LEGACY_CHECKS[name]
  if (legacy === undefined || !('legacyValid' in expect)) return
  expectVerdict(legacy(value, false), expect['legacyValid'], expect['legacyMessageContains'])
  expectVerdict(legacy(value, true), expect['legacyStrictValid'], expect['legacyStrictMessageContains'])
}

function checkOf(name: string, input: OracleCase['input']): readonly string[] {
  if (name === 'isValidPortNum') return words.validatePortNumber(Number(input['value']))
  if (name === 'isInRange') {
    return words.validateInRange(Number(input['value']), { min: Number(input['min']), max: Number(input['max']) })
  }
  const check = CHECKS[name]
  if (check === undefined) throw new Error(`unknown function validate.${name}`)
  return check(String(input['value']))
}

function expectVerdict(messages: readonly string[], valid: unknown, messageContains: unknown): void {
  if ((messages.length === 0) !== valid)
    throw new Mismatch(`want valid ${String(valid)}, got ${JSON.stringify(messages)}`)
  if (typeof messageContains === 'string' && !messages.some((message) => message.includes(messageContains))) {
    throw new Mismatch(`want a message with ${messageContains}, got ${JSON.stringify(messages)}`)
  }
}

function inField(check: (value: string, field: string) => readonly Cause[]): Check {
  return (value) => messagesOf(check(value, 'field'))
}

function messagesOf(causes: readonly Cause[]): readonly string[] {
  return causes.map(({ message }) => message)
}
