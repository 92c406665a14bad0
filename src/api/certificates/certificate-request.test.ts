import { describe, expect, test } from 'vitest'
import { CLIENT_REQUEST, NODE_REQUEST, SERVING_REQUEST } from '../../../test/support/certificate-requests.ts'
import { parseCertificateRequest } from './certificate-request.ts'
import { SIGNER, signerProblem } from './signers.ts'

describe('parseCertificateRequest', () => {
  test('reads who is meant and by which names', () => {
    expect(parseCertificateRequest(CLIENT_REQUEST)).toMatchObject({
      commonName: 'asha',
      organizations: ['dev', 'ops'],
      emailAddresses: ['asha@example.com'],
      uris: ['spiffe://a/b'],
      dnsNames: [],
      algorithm: '1.3.101.112',
    })
    expect(parseCertificateRequest(SERVING_REQUEST)).toMatchObject({
      dnsNames: ['n1.example.com'],
      ipAddresses: ['10.0.0.1', '2001:db8:0:0:0:0:0:1'],
    })
  })

  test.each([
    ['nothing', 'PEM block type must be CERTIFICATE REQUEST'],
    ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'PEM block type must be CERTIFICATE REQUEST'],
    ['-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n', 'truncated'],
    ['-----BEGIN CERTIFICATE REQUEST-----\nBQA=\n-----END CERTIFICATE REQUEST-----\n', 'tag 48 expected'],
  ])('refuses %j', (pem, why) => {
    expect(() => parseCertificateRequest(pem)).toThrow(why)
  })
})

const client = ['digital signature', 'client auth']
const server = ['digital signature', 'key encipherment', 'server auth']

test.each([
  [SIGNER.kubeletClient, NODE_REQUEST, client, undefined],
  [SIGNER.kubeletClient, NODE_REQUEST, server, 'usages did not match [client auth digital signature key encipherment]'],
  [SIGNER.kubeletClient, SERVING_REQUEST, client, 'DNS subjectAltNames are not allowed'],
  [SIGNER.kubeletClient, CLIENT_REQUEST, client, 'subject organization is not system:nodes'],
  [SIGNER.kubeletServing, SERVING_REQUEST, server, undefined],
  [SIGNER.kubeletServing, NODE_REQUEST, server, 'DNS or IP subjectAltName is required'],
  [SIGNER.apiServerClient, CLIENT_REQUEST, client, undefined],
  [SIGNER.apiServerClient, CLIENT_REQUEST, server, 'invalid usage for client certificate: server auth'],
  [SIGNER.apiServerClient, CLIENT_REQUEST, [], 'missing required usage for client certificate: client auth'],
  [SIGNER.legacyUnknown, CLIENT_REQUEST, server, undefined],
])('%s: %#', (signer, pem, usages, problem) => {
  expect(signerProblem(signer, parseCertificateRequest(pem), usages)).toBe(problem)
})
