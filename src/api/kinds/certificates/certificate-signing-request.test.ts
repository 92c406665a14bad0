import { describe, expect, test } from 'vitest'
import { CLIENT_REQUEST, NODE_REQUEST, SERVING_REQUEST } from '../../../../test/support/certificate-requests.ts'
import { problems, refusals, row } from '../../../../test/support/problems.ts'
import { CertificateSigningRequest } from './certificate-signing-request.ts'

const LABEL_RULE =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

function csr(change: object = {}, status?: object): CertificateSigningRequest {
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'Any Name' },
    spec: { request: base64(CLIENT_REQUEST), signerName: 'example.com/mesh', usages: ['client auth'], ...change },
    ...(status === undefined ? {} : { status }),
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** The same request, signed by somebody else. */
function forged(pem: string): string {
  const body = Buffer.from(pem.replaceAll(/-----.*-----|\s/g, ''), 'base64')
  const at = body.length - 3
  body.writeUInt8(body.readUInt8(at) ^ 1, at)
  const lines = body.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`
}

function condition(type: string, change: object = {}): object {
  return { type, status: 'True', reason: 'R', message: 'm', ...change }
}

describe('a CertificateSigningRequest', () => {
  test.each<[object, readonly string[]]>([
    [{}, []],
    [{ usages: [] }, ['spec.usages: Required value']],
    [
      { usages: ['any', 'any', 'flying'] },
      [
        'spec.usages[2]: Unsupported value: "flying": supported values: "any", "cert sign", "client auth", "code signing", "content commitment", "crl sign", "data encipherment", "decipher only", "digital signature", "email protection", "encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping"',
        'spec.usages[1]: Duplicate value: "any"',
      ],
    ],
    [
      { signerName: 'kubernetes.io/legacy-unknown', expirationSeconds: 599 },
      [
        'spec.signerName: Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed via this API version',
        'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)',
      ],
    ],
    [{ signerName: '' }, ['spec.signerName: Required value']],
    [
      { signerName: 'mesh' },
      [
        `spec.signerName: Invalid value: "mesh": must be a fully qualified domain and path of the form 'example.com/signer-name'`,
      ],
    ],
    [
      { signerName: 'Mesh/x' },
      [
        `spec.signerName: Invalid value: "Mesh": validating label "Mesh": ${LABEL_RULE}`,
        'spec.signerName: Invalid value: "Mesh": should be a domain with at least two segments separated by dots',
      ],
    ],
  ])('%j', (change, expected) => {
    expect(refusals(CertificateSigningRequest, csr(change))).toEqual(expected)
  })

  test.each<[string, string, string]>([
    ['no PEM', 'hello', 'PEM block type must be CERTIFICATE REQUEST'],
    ['forged, of an elliptic curve', forged(NODE_REQUEST), 'x509: ECDSA verification failure'],
    ['forged, of RSA', forged(SERVING_REQUEST), 'crypto/rsa: verification error'],
    ['forged, of Ed25519', forged(CLIENT_REQUEST), 'x509: Ed25519 verification failure'],
  ])('%s', (_, pem, problem) => {
    const request = base64(pem)
    expect(refusals(CertificateSigningRequest, csr({ request }))).toEqual([
      `spec.request: Invalid value: "${request}": ${problem}`,
    ])
  })

  test.each([NODE_REQUEST, SERVING_REQUEST, CLIENT_REQUEST])('signed by its key', (pem) => {
    expect(refusals(CertificateSigningRequest, csr({ request: base64(pem) }))).toEqual([])
  })

  const approval = CertificateSigningRequest.subresources?.find(({ name }) => name === 'approval')

  test.each<[string, object, object, readonly string[]]>([
    ['approved', { conditions: [condition('Approved')] }, {}, []],
    [
      'undone',
      {},
      { conditions: [condition('Approved')] },
      ['status.conditions: Forbidden: updates may not remove a condition of type "Approved"'],
    ],
    [
      'both',
      { conditions: [condition('Approved', { status: 'False' }), condition('Denied'), condition('', { status: '' })] },
      {},
      [
        'status.conditions[0].status: Unsupported value: "False": supported values: "True"',
        'status.conditions: Invalid value: "Denied": Approved and Denied conditions are mutually exclusive',
        'status.conditions[2].type: Required value',
        'status.conditions[2].status: Required value',
      ],
    ],
    [
      'signed on the way',
      { certificate: 'AAAA' },
      {},
      ['status.certificate: Forbidden: updates may not set certificate content'],
    ],
  ])('is approved or not: %s', (_, status, old, expected) => {
    expect(problems(approval?.validate?.(csr({}, status), csr({}, old)))).toEqual(expected)
  })

  test.each<[string, object, object, readonly string[]]>([
    ['failed', { conditions: [condition('Failed')] }, {}, []],
    [
      'approved on the way',
      { conditions: [condition('Approved')] },
      {},
      ['status.conditions: Forbidden: updates may not add a condition of type "Approved"'],
    ],
    [
      'no certificate',
      { certificate: base64('x') },
      {},
      ['status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block'],
    ],
    [
      'a key',
      { certificate: base64('-----BEGIN KEY-----\nAAAA\n-----END KEY-----\n') },
      {},
      ['status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "KEY"'],
    ],
    [
      'garbage',
      { certificate: base64('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n') },
      {},
      ['status.certificate: Invalid value: "<certificate data>": x509: malformed certificate'],
    ],
    [
      'taken back',
      {},
      { certificate: 'AAAA' },
      ['status.certificate: Forbidden: updates may not modify existing certificate content'],
    ],
    ['left alone', { certificate: 'AAAA' }, { certificate: 'AAAA' }, []],
  ])('is signed or not: %s', (_, status, old, expected) => {
    expect(problems(CertificateSigningRequest.validateStatus?.(csr({}, status), csr({}, old)))).toEqual(expected)
  })

  test('says what of a decision a signer has changed', () => {
    const [problem] = problems(
      CertificateSigningRequest.validateStatus?.(
        csr({}, { conditions: [condition('Denied', { message: 'other' })] }),
        csr({}, { conditions: [condition('Denied')] }),
      ),
    )
    expect(problem).toMatch(/^status.conditions: Forbidden: updates may not modify a condition of type "Denied"\n/)
  })

  test.each<[object | undefined, string]>([
    [undefined, 'Pending'],
    [{ conditions: [condition('Approved')], certificate: 'AAAA' }, 'Approved,Issued'],
    [{ conditions: [condition('Approved'), condition('Failed')] }, 'Approved,Failed'],
    [{ conditions: [condition('Denied')] }, 'Denied'],
  ])('kubectl get %j', (status, expected) => {
    expect(row(CertificateSigningRequest, csr({ username: 'asha', expirationSeconds: 3600 }, status), 0)).toEqual({
      Name: 'Any Name',
      Age: '<unknown>',
      SignerName: 'example.com/mesh',
      Requestor: 'asha',
      RequestedDuration: '60m',
      Condition: expected,
    })
  })

  test('can be selected by its signer', () => {
    expect(CertificateSigningRequest.selectableFields?.map(({ path, value }) => [path, value(csr())])).toEqual([
      ['spec.signerName', 'example.com/mesh'],
    ])
  })
})
